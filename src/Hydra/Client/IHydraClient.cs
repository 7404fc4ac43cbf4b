using System.Data.Common;
using Hydra.Storage;

namespace Hydra;

/// <summary>Starts executions and follows them. Safe from many threads at once and from a UI thread.</summary>
public interface IHydraClient
{
    /// <summary>The namespace that everything here happens in.</summary>
    string Namespace { get; }

    /// <summary>What starts executions by cron expressions and at intervals.</summary>
    /// <exception cref="NotSupportedException">The engine's store keeps no schedules.</exception>
    IScheduleClient Schedules { get; }

    /// <summary>Addresses a registered workflow class.</summary>
    /// <typeparam name="TWorkflow">The class.</typeparam>
    /// <exception cref="UnknownWorkflowException">The class is not registered.</exception>
    IWorkflowClient<TWorkflow> Workflow<TWorkflow>() where TWorkflow : class, IWorkflow;

    /// <summary>Addresses a workflow by its durable name; it need not be registered in this process.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">The durable name.</param>
    /// <exception cref="ArgumentException">
    /// The name is empty, too long, or has characters that names may not have; or it is registered in this process and
    /// takes or gives other types.
    /// </exception>
    IWorkflowClient<IWorkflow<TInput, TOutput>> Workflow<TInput, TOutput>(string name);

    /// <summary>Starts a workflow by name with an input that is serialized already.</summary>
    /// <param name="workflow">The durable name.</param>
    /// <param name="input">The input.</param>
    /// <param name="options">How it is started.</param>
    /// <param name="cancellationToken">Gives up waiting; the execution may still be started.</param>
    /// <returns>A handle; the execution is durable.</returns>
    /// <exception cref="ArgumentException">A name, key or option is not allowed.</exception>
    /// <exception cref="PayloadException">The input is over the limit, or says to be JSON and is none.</exception>
    /// <exception cref="StartConflictException">The key is taken by other work.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task<ExecutionHandle> StartAsync(
        string workflow, Payload input, StartOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Starts and cancels within a transaction of yours, on the database that the engine is in.</summary>
    /// <param name="transaction">
    /// Open, and of the driver that the engine's store uses: an NpgsqlTransaction, a MySqlTransaction of MySqlConnector
    /// or a SqliteTransaction of Microsoft.Data.Sqlite. Its connection may be any to that database.
    /// </param>
    /// <exception cref="NotSupportedException">The engine's store is in no database that has transactions.</exception>
    ITransactionClient In(DbTransaction transaction);

    /// <summary>
    /// Starts and cancels within the ambient transaction (<see cref="System.Transactions.Transaction.Current"/>), over
    /// a connection of yours to the database that the engine is in.
    /// </summary>
    /// <remarks>
    /// What is written becomes true with the scope's commit, of which workers are told by this process. The connection
    /// is enlisted in the transaction if it is not yet, and stays open as long as you start and cancel here.
    /// </remarks>
    /// <param name="connection">
    /// Open, and of the driver that the engine's store uses: an NpgsqlConnection, or a MySqlConnection of
    /// MySqlConnector.
    /// </param>
    /// <exception cref="ArgumentException">The connection is not open.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is no ambient transaction, it has ended, or the connection is in another one; then the ambient one is
    /// undone.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The connection's driver knows no ambient transactions, as Microsoft.Data.Sqlite; or the engine's store is in no
    /// database that has transactions.
    /// </exception>
    ITransactionClient In(DbConnection connection);

    /// <summary>Makes a handle of an execution, without asking the database whether there is one.</summary>
    /// <param name="id">The execution.</param>
    ExecutionHandle Execution(ExecutionId id);

    /// <summary>Makes a typed handle of an execution, without asking the database whether there is one.</summary>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="id">The execution.</param>
    ExecutionHandle<TOutput> Execution<TOutput>(ExecutionId id);

    /// <summary>
    /// Replays executions with the workflows that are registered here, without any effect: which live executions would
    /// this build break?
    /// </summary>
    /// <remarks>
    /// No step's body runs and nothing is written. What workflow code does outside of its steps happens, as it does
    /// whenever a worker replays. At most as many executions as the machine has processors are replayed at once.
    /// </remarks>
    /// <param name="filter">Which ones; by default all that are live.</param>
    /// <param name="options">How they are replayed.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A report of each; <see cref="ReplaySummary"/> counts them.</returns>
    /// <exception cref="ArgumentException">
    /// The filter's limit or an option is out of range, or the options are those of a dry run, which is of one
    /// execution.
    /// </exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    IAsyncEnumerable<ReplayReport> ReplayAsync(
        ReplayFilter? filter = null, ReplayOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Lists executions, the newest first.</summary>
    /// <param name="filter">Which ones; by default the newest 50.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The filter's limit is not from 1 to 1,000.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    Task<IReadOnlyList<ExecutionRow>> ListAsync(
        ExecutionFilter? filter = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Finds the steps that produced a value and those that consumed it, within one execution and across executions.
    /// </summary>
    /// <remarks>
    /// It looks through inputs and outputs of plain JSON that journals have: not those of tries that failed or still
    /// run. The work is bounded: it reads the journals of at most as many executions as the query says.
    /// </remarks>
    /// <param name="query">Which value, and where.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">The value is no JSON, or a bound is not allowed.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    Task<Trace> TraceAsync(TraceQuery query, CancellationToken cancellationToken = default);

    /// <summary>
    /// Destroys the key of a subject (<see cref="StartOptions.Subject"/>), and with it everything that executions of
    /// that subject have recorded: inputs, outputs and failures are there still, and nobody reads them any more.
    /// </summary>
    /// <remarks>
    /// Cannot be undone, and may be repeated. It is durable when the call returns. An engine that had the key in memory
    /// reads with it for at most five seconds more, and what runs of the subject fails within a poll interval; what
    /// sleeps fails when it is due. Nothing is started for the subject any more. Whoever keeps a backup of the database
    /// from before, and the key ring, still reads it: keep the keys apart (<see cref="PayloadOptions.SubjectKeys"/>) or
    /// the backups for no longer than you may.
    /// </remarks>
    /// <param name="subject">The subject.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether the subject had a key.</returns>
    /// <exception cref="ArgumentException">It is no subject, or the engine has no keys of subjects.</exception>
    /// <exception cref="StoreException">The key could not be destroyed, or nobody knows whether it was.</exception>
    Task<bool> ShredAsync(string subject, CancellationToken cancellationToken = default);

    /// <summary>Counts executions by workflow and state, what is due, and slots, with bounded work.</summary>
    /// <param name="limit">
    /// How many rows each of the counts looks at, at least 1, and by default 10,000; what was not counted to its end
    /// says so.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is less than 1.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    Task<Statistics> StatisticsAsync(int limit = 10_000, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes executions that have ended long enough ago, the oldest first, in small pieces and at a pace that leaves
    /// the database to the work. Their idempotency keys are free then.
    /// </summary>
    /// <remarks>
    /// Each execution is deleted whole, or not at all. What was deleted when the call is given up, or fails, stays
    /// deleted; the same call again goes on with the rest. What cannot be archived, because it is encrypted with a key
    /// that this engine has not, is kept and counted.
    /// </remarks>
    /// <param name="options">Which ones, and where they go before.</param>
    /// <param name="cancellationToken">Ends it after the piece that is under way.</param>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="ArgumentException">They would be younger than two hours, or a rule is broken.</exception>
    /// <exception cref="NotSupportedException">The store keeps everything for ever.</exception>
    /// <exception cref="StoreException">The database could not be read or written.</exception>
    Task<PruneSummary> PruneAsync(PruneOptions options, CancellationToken cancellationToken = default);

    /// <summary>Lists the worker sessions.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreException">The database could not be read.</exception>
    Task<IReadOnlyList<SessionRow>> WorkersAsync(CancellationToken cancellationToken = default);
}
