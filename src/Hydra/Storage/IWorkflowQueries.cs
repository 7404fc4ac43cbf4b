namespace Hydra.Storage;

/// <summary>
/// Reads of one namespace for people and tools. Nothing of the engine's own progress depends on them.
/// </summary>
public interface IWorkflowQueries
{
    /// <summary>Reads one execution's row.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The row, or null when there is none.</returns>
    Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken);

    /// <summary>Reads the row of the execution that was started with a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The row, or null when there is none.</returns>
    Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken);

    /// <summary>Reads which of some executions have ended, and how: one look for all that is waited for.</summary>
    /// <param name="ids">The executions, each once, 1,000 at most.</param>
    /// <param name="mostBytes">How long the output of a last entry may be to be read with it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A row for each execution that is there, in any order.</returns>
    Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken);

    /// <summary>Lists rows, the newest first.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken);

    /// <summary>Reads a page of a journal in order.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="afterSeq">Only entries behind this one; -1 for all.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken);

    /// <summary>Reads the tries of all steps of an execution, by step, attempt and epoch.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken);

    /// <summary>Reads the crashes of an execution, the oldest first.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken);

    /// <summary>Reads which builds have refused an execution, and why.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken);

    /// <summary>Reads where an execution came from.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null when a caller has simply started it, or when there is no such execution.</returns>
    Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken);

    /// <summary>Lists the executions that were made of another one, in the order of their ids.</summary>
    /// <param name="source">The execution that they were made of, which need not be there any more.</param>
    /// <param name="after">Only those behind this one; null for all.</param>
    /// <param name="limit">How many at most, from 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken);

    /// <summary>Lists the worker sessions, by name.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken);

    /// <summary>Counts executions by workflow and state, and what is due.</summary>
    /// <param name="limit">How many rows each count looks at, at least 1: the work is bounded, not the numbers.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Tells the database's clock, which shows that the database answers.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<Instant> NowAsync(CancellationToken cancellationToken);
}
