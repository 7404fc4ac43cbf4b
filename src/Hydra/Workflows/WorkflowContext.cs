using Hydra.Engine;

namespace Hydra;

/// <summary>The durable calls, the time and the cancellation of one execution. For its workflow's code only.</summary>
/// <remarks>
/// Every call is recorded with its input and its outcome, and answered from the record when the code runs again.
/// Calls must come from the workflow's own code: not from a step body, and not from Task.Run or behind
/// ConfigureAwait(false), where they throw <see cref="InvalidOperationException"/>. The same holds for the token and
/// for every number that is drawn.
/// Code may await other tasks as well; when they continue is recorded, what they result in is not. While one is under
/// way beside durable waits only, the execution may leave memory all the same: then its continuation is dropped, the
/// log says so, and the work begins again with the code. What is to be recorded belongs into a step.
/// </remarks>
public sealed partial class WorkflowContext
{
    private readonly ICallIssuer _issuer;
    private SeededRandom? _random;

    internal WorkflowContext(ICallIssuer issuer) => _issuer = issuer;

    /// <summary>The execution.</summary>
    public ExecutionId ExecutionId => _issuer.ExecutionId;

    /// <summary>The durable name of the workflow.</summary>
    public string Workflow => _issuer.WorkflowName;

    /// <summary>The idempotency key that the execution was started with; null when there is none.</summary>
    public string? Key => _issuer.Key;

    /// <summary>
    /// The schedule that has started the execution, and its instant: what a report of a day or an hour is about. Null
    /// when no schedule has.
    /// </summary>
    public ScheduledInstant? Schedule => _issuer.Schedule;

    /// <summary>The time of the last outcome, by the database's clock: the same whenever the code runs again.</summary>
    public DateTimeOffset UtcNow => _issuer.Now.ToDateTimeOffset();

    /// <summary>
    /// Random numbers that are the same whenever the code runs again. Not for secrets. Every draw, also from an object
    /// that was kept, throws <see cref="InvalidOperationException"/> outside the workflow's own code.
    /// </summary>
    public Random Random => _random ??= new SeededRandom(_issuer.Seed, _issuer.EnsureOnScheduler);

    /// <summary>
    /// Fires when the execution is cancelled or its timeout passes, just before its outstanding calls end with
    /// <see cref="OperationCanceledException"/>. Calls made afterwards run normally, for cleanup.
    /// </summary>
    /// <remarks>
    /// Callbacks registered on it run in that turn and may make durable calls. A body uses the token it is given.
    /// </remarks>
    /// <exception cref="InvalidOperationException">It was asked for outside the workflow's own code.</exception>
    public CancellationToken CancellationToken
    {
        get
        {
            _issuer.EnsureOnScheduler();
            return _issuer.CancellationToken;
        }
    }

    /// <summary>Makes a UUID that is the same whenever the code runs again. Not for secrets.</summary>
    /// <exception cref="InvalidOperationException">It was called outside the workflow's own code.</exception>
    public Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        bytes[6] = (byte)(0x40 | (bytes[6] & 0x0F)); // Version 4 of RFC 9562.
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F)); // Its variant.
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>
    /// Runs a step once and records its input and output; its body may run again until its output is recorded.
    /// </summary>
    /// <typeparam name="TInput">What the step is given.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="input">Its input, serialized when the call is made.</param>
    /// <param name="body">The work. Its token fires on timeout, cancellation, shutdown and loss of the lease.</param>
    /// <param name="options">How it is identified, timed and tried again.</param>
    /// <param name="cancellationToken">
    /// A token of the workflow's own that withdraws the call, for losers of a race.
    /// </param>
    /// <exception cref="StepFailedException">The last try failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task<TOutput> StepAsync<TInput, TOutput>(
        string name,
        TInput input,
        Func<TInput, CancellationToken, Task<TOutput>> body,
        StepOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return _issuer.IssueStep<TInput, TOutput>(
            name, input, (_, value, token) => body(value, token), scoped: false, options, cancellationToken);
    }

    /// <summary>Runs a step without output once and records its input.</summary>
    /// <typeparam name="TInput">What the step is given.</typeparam>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="input">Its input, serialized when the call is made.</param>
    /// <param name="body">The work. Its token fires on timeout, cancellation, shutdown and loss of the lease.</param>
    /// <param name="options">How it is identified, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task StepAsync<TInput>(
        string name,
        TInput input,
        Func<TInput, CancellationToken, Task> body,
        StepOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return _issuer.IssueStep<TInput, Nothing>(
            name,
            input,
            async (_, value, token) =>
            {
                await Begun(body(value, token), name);
                return default;
            },
            scoped: false,
            options,
            cancellationToken);
    }

    /// <summary>
    /// Runs a step without input once and records its output. Prefer the form with input: it can be audited.
    /// </summary>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="body">The work. Its token fires on timeout, cancellation, shutdown and loss of the lease.</param>
    /// <param name="options">How it is identified, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task<TOutput> StepAsync<TOutput>(
        string name,
        Func<CancellationToken, Task<TOutput>> body,
        StepOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return _issuer.IssueStep<Nothing, TOutput>(
            name, default, (_, _, token) => body(token), scoped: false, options, cancellationToken);
    }

    /// <summary>Runs a step without input and output once.</summary>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="body">The work. Its token fires on timeout, cancellation, shutdown and loss of the lease.</param>
    /// <param name="options">How it is identified, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task StepAsync(
        string name,
        Func<CancellationToken, Task> body,
        StepOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return _issuer.IssueStep<Nothing, Nothing>(
            name,
            default,
            async (_, _, token) =>
            {
                await Begun(body(token), name);
                return default;
            },
            scoped: false,
            options,
            cancellationToken);
    }

    /// <summary>
    /// Runs a step whose body has a scope of services of its own, so that parallel bodies share none.
    /// </summary>
    /// <typeparam name="TInput">What the step is given.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="input">Its input, serialized when the call is made.</param>
    /// <param name="body">The work, given services that are disposed of when it ends.</param>
    /// <param name="options">How it is identified, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task<TOutput> ScopedStepAsync<TInput, TOutput>(
        string name,
        TInput input,
        Func<IServiceProvider, TInput, CancellationToken, Task<TOutput>> body,
        StepOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return _issuer.IssueStep<TInput, TOutput>(
            name,
            input,
            (scope, value, token) => body(scope.Services, value, token),
            scoped: true,
            options,
            cancellationToken);
    }

    /// <summary>
    /// Sleeps durably: while nothing else runs, the execution holds no slot, no thread and no memory.
    /// </summary>
    /// <param name="duration">How long after <see cref="UtcNow"/>, from zero to a hundred years and more.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the sleep.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    public Task SleepAsync(TimeSpan duration, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return _issuer.IssueSleep(duration, until: null, cancellationToken);
    }

    /// <summary>Sleeps durably until a time; not at all if it has passed.</summary>
    /// <param name="until">When to go on, by the database's clock.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the sleep.</param>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    public Task SleepUntilAsync(DateTimeOffset until, CancellationToken cancellationToken = default) =>
        _issuer.IssueSleep(duration: null, until, cancellationToken);

    /// <summary>
    /// Gives tasks as they complete. Use it instead of Task.WhenEach, whose continuations leave the workflow's
    /// scheduler.
    /// </summary>
    /// <typeparam name="TTask">The type of the tasks.</typeparam>
    /// <param name="tasks">Tasks of this workflow.</param>
    /// <exception cref="InvalidOperationException">It is used outside the workflow's own code.</exception>
    public async IAsyncEnumerable<TTask> WhenEach<TTask>(IEnumerable<TTask> tasks) where TTask : Task
    {
        ArgumentNullException.ThrowIfNull(tasks);
        _issuer.EnsureOnScheduler();
        var remaining = tasks.ToList();
        while (remaining.Count > 0)
        {
            await Task.WhenAny(remaining);
            var done = remaining.First(task => task.IsCompleted);
            remaining.Remove(done);
            yield return done;
        }
    }

    private static Task Begun(Task? body, string step) =>
        body ?? throw new InvalidOperationException($"The body of step '{step}' returned no task.");
}
