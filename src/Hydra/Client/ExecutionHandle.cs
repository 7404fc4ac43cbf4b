using Hydra.Storage;

namespace Hydra;

/// <summary>Follows one execution. Safe from many threads at once.</summary>
public class ExecutionHandle
{
    internal ExecutionHandle(HydraClient client, ExecutionId id)
    {
        Client = client;
        Id = id;
    }

    /// <summary>The execution.</summary>
    public ExecutionId Id { get; }

    private protected HydraClient Client { get; }

    /// <summary>Reads how the execution stands.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<ExecutionRow> StatusAsync(CancellationToken cancellationToken = default) =>
        Client.StatusAsync(Id, cancellationToken);

    /// <summary>
    /// Whether there is such an execution: after a commit of your own that was cut off, whether it was done.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<bool> ExistsAsync(CancellationToken cancellationToken = default) =>
        Client.ExistsAsync(Id, cancellationToken);

    /// <summary>Reads everything that is recorded of the execution.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<ExecutionDetails> DescribeAsync(CancellationToken cancellationToken = default) =>
        Client.DescribeAsync(Id, cancellationToken);

    /// <summary>Explains what the execution waits for, or what it does: in words and in their parts.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<Explanation> WhyAsync(CancellationToken cancellationToken = default) =>
        Client.WhyAsync(Id, cancellationToken);

    /// <summary>
    /// Replays what is recorded of the execution with the workflows that are registered here, without any effect.
    /// </summary>
    /// <remarks>
    /// No step's body runs and nothing is written. What workflow code does outside of its steps happens, as it does
    /// whenever a worker replays.
    /// </remarks>
    /// <param name="options">How it is replayed.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Where today's code stands or ends, and the first difference, if there is one.</returns>
    /// <exception cref="ArgumentException">
    /// An option is out of range, or the execution has no outcome of the step of a dry run.
    /// </exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<ReplayReport> ReplayAsync(
        ReplayOptions? options = null, CancellationToken cancellationToken = default) =>
        Client.ReplayAsync(Id, options ?? new(), cancellationToken);

    /// <summary>Waits until the execution has ended, however long that takes.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The terminal state.</returns>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<ExecutionState> WaitAsync(CancellationToken cancellationToken = default) =>
        Client.WaitAsync(Id, cancellationToken);

    /// <summary>Waits until the execution has ended and gives its output as it was recorded.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="WorkflowFailedException">It ended without an output.</exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<Payload> OutputAsync(CancellationToken cancellationToken = default) =>
        Client.OutputAsync(Id, cancellationToken);

    /// <summary>Asks the execution to stop. The request is durable when this returns.</summary>
    /// <param name="cancellationToken">Gives up waiting; the request may still be made.</param>
    /// <returns>What became of the request.</returns>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public Task<CancelOutcome> CancelAsync(CancellationToken cancellationToken = default) =>
        Client.CancelAsync(Id, cancellationToken);

    /// <summary>
    /// Ends the execution at once, as cancelled, whatever it does: its code hears nothing of it and cleans nothing up.
    /// </summary>
    /// <remarks>
    /// The end is durable when this returns. A worker that runs it can write no more; a step's body that is under way
    /// there may still do what it does outside the database.
    /// </remarks>
    /// <param name="reason">Why, for those who look at it later: 1 to 2,000 characters.</param>
    /// <param name="cancellationToken">Gives up waiting; the execution may still be ended.</param>
    /// <returns>What became of the request.</returns>
    /// <exception cref="ArgumentException">The reason is empty or too long.</exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public Task<TerminateOutcome> TerminateAsync(string reason, CancellationToken cancellationToken = default) =>
        Client.TerminateAsync(Id, reason, cancellationToken);

    /// <summary>
    /// Makes the execution due now when something that went wrong holds it back: between attempts, during the delay
    /// before a step's next try, after crashes, quarantined, or refused by every build that has tried to replay it.
    /// </summary>
    /// <remarks>
    /// It is durable when this returns. Builds that refused it may try again, and the crashes of a quarantined one
    /// count from zero; attempts and tries go on counting. Delays between the tries of a step that a worker keeps in
    /// its memory, because they are short or other steps run, are not cut short.
    /// </remarks>
    /// <param name="cancellationToken">Gives up waiting; it may still become due.</param>
    /// <returns>What became of the request.</returns>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public Task<RetryOutcome> RetryAsync(CancellationToken cancellationToken = default) =>
        Client.RetryAsync(Id, cancellationToken);

    /// <summary>
    /// Starts the same workflow again with the recorded input, to the byte, in a new execution. This one, which may be
    /// in any state, is left as it is.
    /// </summary>
    /// <remarks>
    /// Attempts, backoff, timeout and priority are those of this one; what it took from being started to being first
    /// due counts towards the timeout. The new execution is durable when this returns, and tells where it came from
    /// (<see cref="OriginAsync"/>).
    /// </remarks>
    /// <param name="key">Its idempotency key; by default it has none.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be started.</param>
    /// <exception cref="ArgumentException">The key is not allowed, or the journal has no input.</exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StartConflictException">The key is taken by other work.</exception>
    /// <exception cref="StoreException">The database could not be read, or could not take it.</exception>
    public Task<ExecutionHandle> RerunAsync(string? key = null, CancellationToken cancellationToken = default) =>
        Client.Enter(async () => new ExecutionHandle(Client, await Client.RerunAsync(Id, key, cancellationToken)));

    /// <summary>
    /// Makes a new execution that goes on from a step of this one: what its code had been told before that step's
    /// outcome is copied and replayed, and the step and all behind it run anew. This one, which may be in any state, is
    /// left as it is.
    /// </summary>
    /// <remarks>
    /// The code must still ask for what was copied, in the same order and with the same inputs; otherwise the fork is
    /// blocked, with the difference in words. What ran beside the step and had not been delivered before its outcome
    /// runs again, transactional steps included. Random numbers come out as they did, sleeps that are copied are over,
    /// and those that were under way have as long to go as they had. The new execution is durable when this returns.
    /// </remarks>
    /// <param name="step">The key of a step that has begun: its name plus its occurrence, as "charge#2".</param>
    /// <param name="options">What the fork has otherwise; by default nothing.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be started.</param>
    /// <exception cref="ArgumentException">
    /// The execution cannot be forked there, or an option is not allowed; the message says why.
    /// </exception>
    /// <exception cref="PayloadException">A value cannot be serialized, or is over the limit.</exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StartConflictException">The key is taken by other work.</exception>
    /// <exception cref="StoreException">The database could not be read, or could not take it.</exception>
    public Task<ExecutionHandle> ForkAsync(
        string step, ForkOptions? options = null, CancellationToken cancellationToken = default) =>
        Client.Enter(async () => new ExecutionHandle(
            Client, await Client.ForkAsync(Id, step, options, cancellationToken)));

    /// <summary>
    /// Tells what <see cref="ForkAsync"/> would come to, with the workflows that are registered here: no body of a step
    /// runs, and nothing is written.
    /// </summary>
    /// <remarks>
    /// What the fork would copy is replayed. Then recorded outcomes are given to the code again wherever it makes the
    /// same call with the same input; it stands where all that it awaits would have to run
    /// (<see cref="ReplayReport.Calls"/>). A fork that would be blocked differs. Its code sees an id that no execution
    /// has. What workflow code does outside of its steps happens, as it does whenever a worker replays.
    /// </remarks>
    /// <param name="step">The key of a step that has begun: its name plus its occurrence, as "charge#2".</param>
    /// <param name="options">What the fork would have otherwise; by default nothing.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Where the fork's code stands or ends, and the first difference, if there is one.</returns>
    /// <exception cref="ArgumentException">
    /// The execution cannot be forked there, or an option is not allowed; the message says why.
    /// </exception>
    /// <exception cref="PayloadException">A value cannot be serialized, or is over the limit.</exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<ReplayReport> DryForkAsync(
        string step, ForkOptions? options = null, CancellationToken cancellationToken = default) =>
        Client.Enter(async () => await Client.DryForkAsync(Id, step, options, cancellationToken));

    /// <summary>Tells what the execution was made of, and what was made of it: reruns, forks, and theirs.</summary>
    /// <remarks>It reads up to 1,000 executions, by their keys.</remarks>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<Lineage> LineageAsync(CancellationToken cancellationToken = default) =>
        Client.LineageAsync(Id, cancellationToken);

    /// <summary>Reads where the execution came from.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null when a caller has simply started it.</returns>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<Origin?> OriginAsync(CancellationToken cancellationToken = default) =>
        Client.OriginAsync(Id, cancellationToken);
}
