namespace Hydra.Storage;

/// <summary>Keeps executions, as a set of atomic transitions. The engine decides, the store commits.</summary>
/// <remarks>
/// A store is bound to one namespace when it is made, and every statement carries it. All methods are safe from many
/// threads at once. Whatever fails throws a <see cref="StoreException"/> that tells what is known of the effect.
/// Cancelling a token gives up waiting; a write that was under way may still happen.
/// The database's own clock decides about everything that processes share.
/// </remarks>
public interface IWorkflowStore : IAsyncDisposable
{
    /// <summary>The namespace that this store is bound to.</summary>
    string Namespace { get; }

    /// <summary>What this store can do.</summary>
    StoreCapabilities Capabilities { get; }

    /// <summary>Reads for people and tools.</summary>
    IWorkflowQueries Queries { get; }

    /// <summary>
    /// What the store does within transactions of its users; null where it is in no database of theirs.
    /// </summary>
    /// <remarks>The engine goes by this and by no type, so that a store around another can pass it on.</remarks>
    ITransactionalStore? Transactions { get; }

    /// <summary>
    /// What the store keeps of schedules; null where it keeps none, so that an engine on it has none.
    /// </summary>
    /// <remarks>The stores of this library all keep them.</remarks>
    IScheduleStore? Schedules { get; }

    /// <summary>
    /// How the store forgets executions that have ended; null where it keeps all of them for ever.
    /// </summary>
    /// <remarks>The stores of this library can all forget.</remarks>
    IRetentionStore? Retention { get; }

    /// <summary>
    /// What the store keeps of the keys of subjects; null, as by default, where it keeps none, so that an engine on it
    /// needs other keys for executions with a subject.
    /// </summary>
    /// <remarks>The stores of this library all keep them.</remarks>
    ISubjectKeyStore? SubjectKeys => null;

    /// <summary>Creates the schema or brings it to this version. Safe when many processes do it at once.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreException">The database cannot be opened or written, or is of a newer version.</exception>
    Task MigrateAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Checks that the schema is there and of a version that this store can work on; changes nothing.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreException">It is missing, older or newer; the message says what to do.</exception>
    Task VerifyAsync(CancellationToken cancellationToken = default);

    /// <summary>Registers a worker session. It starts on time.</summary>
    /// <param name="session">The session; times in it are ignored.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The database's clock.</returns>
    Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken);

    /// <summary>
    /// Extends the session's lease from now by its claim timeout, also when it had ended but was not swept.
    /// </summary>
    /// <remarks>
    /// A gap since the last beat that is negative, or over half the claim timeout, starts "on time" anew. Called from a
    /// dedicated thread that blocks on it: answering must not need the thread pool. The lease comes first: where a
    /// look at what the session owns would take long, it is left out, or made at what runs only, and
    /// <see cref="HeartbeatAnswer.Look"/> says so.
    /// </remarks>
    /// <param name="session">The session.</param>
    /// <param name="running">
    /// What runs under the session, for stores that do not look at everything each time; others need it for nothing.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken);

    /// <summary>Removes a session that owns nothing any more; what it still owns is handed back as it stands.</summary>
    /// <param name="session">The session.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>Makes due executions the session's own, their epochs one higher, and reads their journals.</summary>
    /// <remarks>
    /// What the session's build has refused is passed over, also by the next due time: it is for other builds.
    /// So may be what falls due, or is held by others, while the claim goes on: a later one finds it.
    /// A claim whose outcome is in doubt is never repeated: its executions are found as orphans by a beat.
    /// </remarks>
    /// <param name="request">What the worker wants.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken);

    /// <summary>Commits operations together. When it returns they are durable.</summary>
    /// <remarks>
    /// One bad operation fails the batch as <see cref="StoreErrorKind.Deterministic"/> and leaves nothing; the caller
    /// divides it. The same operations may be committed again after a doubt, together or in parts that keep the order
    /// of each execution: each then answers what became of it. A call that waited too long for a lock of somebody
    /// else throws with <see cref="StoreException.Blocked"/> set.
    /// </remarks>
    /// <param name="gather">
    /// Tells the operations, as late as the store can write them: while it waits for its turn more of them come
    /// together. The store calls it at most once, before it answers, from any thread, and not at all when the call
    /// fails before. It does not block and does not throw. No operations are a batch as well.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken);

    /// <summary>
    /// Takes back what dead sessions own, ends what is past its deadline, frees what the caller may try: what is
    /// blocked for other builds, of workflows that the caller's session knows.
    /// </summary>
    /// <remarks>
    /// A session is dead when its lease has ended and the caller has itself beaten within half its claim timeout and
    /// been on time for two of its intervals. Expired sessions are deleted first, then what they own is released with
    /// the epoch one higher, as is what is owned by a session that does not exist. What ends gets a terminal entry
    /// under an epoch one higher, so that no earlier owner takes it for one of its own.
    /// </remarks>
    /// <param name="request">Who asks, and the numbers that decide.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken);

    /// <summary>Returns when another process may have made something due; spurious returns are allowed.</summary>
    /// <remarks>Only shortens waits: nothing depends on it, and a store that cannot notice never returns.</remarks>
    /// <param name="cancellationToken">Ends the wait by an exception.</param>
    Task WaitForChangeAsync(CancellationToken cancellationToken);
}
