namespace Hydra.Testing;

/// <summary>
/// A method of a store, of its queries, of what it does in transactions, of its schedules, of its retention or of its
/// keys of subjects.
/// </summary>
public enum StoreCallKind
{
    /// <summary><see cref="IWorkflowStore.MigrateAsync"/>.</summary>
    Migrate,

    /// <summary><see cref="IWorkflowStore.VerifyAsync"/>.</summary>
    Verify,

    /// <summary><see cref="IWorkflowStore.OpenSessionAsync"/>.</summary>
    OpenSession,

    /// <summary><see cref="IWorkflowStore.HeartbeatAsync"/>.</summary>
    Heartbeat,

    /// <summary><see cref="IWorkflowStore.CloseSessionAsync"/>.</summary>
    CloseSession,

    /// <summary><see cref="IWorkflowStore.ClaimAsync"/>.</summary>
    Claim,

    /// <summary><see cref="IWorkflowStore.CommitAsync"/>.</summary>
    Commit,

    /// <summary><see cref="IWorkflowStore.MaintainAsync"/>.</summary>
    Maintain,

    /// <summary><see cref="IWorkflowStore.WaitForChangeAsync"/>.</summary>
    WaitForChange,

    /// <summary>Any method of <see cref="IWorkflowQueries"/>.</summary>
    Query,

    /// <summary>
    /// <see cref="ITransactionalStore.WriteAsync"/>: starts and cancellations in a transaction of the caller's.
    /// </summary>
    /// <remarks>
    /// Nothing of a call that fails is ever committed. When it is said to have been undone, and was not merely blocked,
    /// or is in doubt, its transaction is ended, as by a deadlock or a lost connection, with all that the caller wrote
    /// in it: only a new one helps. Otherwise the transaction goes on.
    /// </remarks>
    Write,

    /// <summary><see cref="ITransactionalStore.BeginAsync"/>: a transaction for the body of a step.</summary>
    /// <remarks>One that has begun although its caller is told of a fault is undone.</remarks>
    Begin,

    /// <summary><see cref="ITransactionalStore.PrepareAsync"/>, before the body of a step begins.</summary>
    /// <remarks>The engine undoes the transaction.</remarks>
    Prepare,

    /// <summary>
    /// <see cref="ITransactionalStore.LandAsync"/>: the result of a step, as the last write of its transaction.
    /// </summary>
    /// <remarks>
    /// The engine undoes the transaction, with all that the body wrote. After a doubt it makes sure by a bar before it
    /// tries again.
    /// </remarks>
    Land,

    /// <summary>
    /// <see cref="StepTransaction.CommitAsync"/> of a transaction that the store has begun. One that comes from
    /// somewhere else, such as a <c>DbContext</c>, is committed behind the store's back.
    /// </summary>
    /// <remarks>
    /// What the body wrote and the result of its step become true together or not at all. After a doubt the engine
    /// finds out which by a bar; where its process dies instead, the next owner is told of the result by its claim, and
    /// reads it (<see cref="ReadLanded"/>) in place of a body. With <see cref="StoreFault.LateCall"/> the transaction
    /// stays open until the bar waits for it, and is committed then.
    /// </remarks>
    CommitTransaction,

    /// <summary>
    /// <see cref="ITransactionalStore.BarAsync"/>, by which the engine finds out what became of a transaction.
    /// </summary>
    /// <remarks>No other try of the step begins before the bar is known to stand or the result to be there.</remarks>
    Bar,

    /// <summary>
    /// <see cref="ITransactionalStore.ReadLandedAsync"/>: the result that an earlier owner has committed.
    /// </summary>
    ReadLanded,

    /// <summary>A read of <see cref="IScheduleStore"/>.</summary>
    ReadSchedules,

    /// <summary><see cref="IScheduleStore.ApplyAsync"/>: a change of a schedule, with what it starts.</summary>
    ApplySchedule,

    /// <summary><see cref="IRetentionStore.ListEndedAsync"/>.</summary>
    ListEnded,

    /// <summary><see cref="IRetentionStore.DeleteAsync"/>: the end of executions that have ended.</summary>
    DeleteEnded,

    /// <summary>A read of <see cref="ISubjectKeyStore"/>.</summary>
    ReadSubjectKeys,

    /// <summary>
    /// <see cref="ISubjectKeyStore.AddAsync"/>, <see cref="ISubjectKeyStore.ReplaceAsync"/> or
    /// <see cref="ISubjectKeyStore.DestroyAsync"/>.
    /// </summary>
    WriteSubjectKeys,
}
