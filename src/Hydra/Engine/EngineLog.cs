using Hydra.Storage;
using Microsoft.Extensions.Logging;

namespace Hydra.Engine;

/// <summary>Every event that the engine logs. Ids and counts only: payloads never appear.</summary>
/// <remarks>
/// What code of users throws is logged without its message: see <see cref="WithheldMessages"/>. An exception that such
/// code may have thrown is marked there before it comes here.
/// </remarks>
internal sealed partial class EngineLog(ILogger logger)
{
    [LoggerMessage(1, LogLevel.Information,
        "Worker {Worker} opened session {Session} in namespace {Namespace} on {Store}, build {Build}")]
    public partial void SessionOpened(string worker, SessionId session, string @namespace, string store, string build);

    [LoggerMessage(2, LogLevel.Warning,
        "Session {Session} was swept by another worker: its attempts are dropped and a new session begins")]
    public partial void SessionLost(SessionId session);

    [LoggerMessage(3, LogLevel.Information, "Worker {Worker} closed session {Session}")]
    public partial void SessionClosed(string worker, SessionId session);

    [LoggerMessage(10, LogLevel.Warning, "A commit of {Operations} operations failed ({Kind}), try {Try}")]
    public partial void CommitFailed(StoreErrorKind kind, int operations, int @try, Exception error);

    [LoggerMessage(11, LogLevel.Error, "The store refuses an operation of execution {Execution} for good")]
    public partial void OperationRefused(ExecutionId execution, Exception error);

    [LoggerMessage(12, LogLevel.Warning, "{Loop} failed and is tried again")]
    public partial void LoopFailed(string loop, Exception error);

    [LoggerMessage(13, LogLevel.Warning,
        "What is written for execution {Execution} waits for a lock of another transaction; the others go on without")]
    public partial void LockHeld(ExecutionId execution);

    [LoggerMessage(20, LogLevel.Debug, "Execution {Execution} of {Workflow} runs under epoch {Epoch}")]
    public partial void Activated(ExecutionId execution, string workflow, long epoch);

    [LoggerMessage(21, LogLevel.Debug, "Execution {Execution} of {Workflow} settled: {Settlement}")]
    public partial void Settled(ExecutionId execution, string workflow, string settlement);

    [LoggerMessage(22, LogLevel.Information, "Execution {Execution} of {Workflow} was taken over by another worker")]
    public partial void Fenced(ExecutionId execution, string workflow);

    [LoggerMessage(23, LogLevel.Warning,
        "Attempt {Attempt} of execution {Execution} of {Workflow} failed: {FailureType}; the next is due in {Delay}")]
    public partial void AttemptFailed(
        ExecutionId execution, string workflow, int attempt, string failureType, TimeSpan delay);

    [LoggerMessage(24, LogLevel.Error, "Execution {Execution} of {Workflow} failed: {FailureType}")]
    public partial void ExecutionFailed(ExecutionId execution, string workflow, string failureType);

    [LoggerMessage(25, LogLevel.Error,
        "Execution {Execution} of {Workflow} does not match build {Build} and waits for another build")]
    public partial void Refused(ExecutionId execution, string workflow, string build);

    [LoggerMessage(26, LogLevel.Error, "Execution {Execution} of {Workflow}: {Violation}")]
    public partial void Violation(ExecutionId execution, string workflow, string violation);

    [LoggerMessage(27, LogLevel.Warning,
        "Step {Step} of execution {Execution} failed its attempt {Attempt}: {FailureType}")]
    public partial void StepFailed(ExecutionId execution, string step, int attempt, string failureType);

    [LoggerMessage(28, LogLevel.Warning, "A payload of execution {Execution} has {Bytes} bytes ({What})")]
    public partial void LargePayload(ExecutionId execution, int bytes, string what);

    [LoggerMessage(34, LogLevel.Debug, "{Count} executions were claimed")]
    public partial void Claimed(int count);

    [LoggerMessage(35, LogLevel.Warning,
        "Step {Step} of execution {Execution} failed for good with its attempt {Attempt}: {FailureType}")]
    public partial void StepGaveUp(ExecutionId execution, string step, int attempt, string failureType);

    [LoggerMessage(36, LogLevel.Information, "Execution {Execution} of {Workflow} ended: {State}")]
    public partial void Ended(ExecutionId execution, string workflow, ExecutionState state);

    [LoggerMessage(38, LogLevel.Warning,
        "{Count} executions were ended because their timeout had passed while no worker ran them")]
    public partial void TimedOut(int count);

    [LoggerMessage(39, LogLevel.Information, "A client ended execution {Execution} at once: {Request}")]
    public partial void EndedByClient(ExecutionId execution, string request);

    [LoggerMessage(40, LogLevel.Warning, "Not ready any more: {Checks}")]
    public partial void NotReady(string checks);

    [LoggerMessage(41, LogLevel.Information, "Ready again")]
    public partial void ReadyAgain();

    [LoggerMessage(42, LogLevel.Warning, "The check of readiness that looks at the {Check} failed")]
    public partial void CheckFailed(string check, Exception error);

    [LoggerMessage(37, LogLevel.Debug,
        "The transaction of step {Step} of execution {Execution} begins anew: {Reason}")]
    public partial void TransactionRepeated(ExecutionId execution, string step, string reason);

    [LoggerMessage(29, LogLevel.Critical,
        "Execution {Execution} of {Workflow} cannot be run by this build, through a fault of its journal or of the "
            + "engine; it waits for another build")]
    public partial void ActivationBroken(ExecutionId execution, string workflow, Exception error);

    [LoggerMessage(33, LogLevel.Error,
        "The journal of execution {Execution} of {Workflow} in the database is not the one that this process had "
            + "committed: the database has lost what it said was durable, as in a failover. The journal is read anew, "
            + "and what was lost runs again")]
    public partial void JournalUnlike(ExecutionId execution, string workflow);

    [LoggerMessage(30, LogLevel.Warning,
        "{Count} executions were taken back from dead workers, {Quarantined} quarantined")]
    public partial void Swept(int count, int quarantined);

    [LoggerMessage(32, LogLevel.Error,
        "The code of execution {Execution} of {Workflow} has run for {Limit} without awaiting anything: it is blocked "
            + "for this build and its slot is free, but its thread is lost; {Threads} are lost in this process now")]
    public partial void Stuck(ExecutionId execution, string workflow, TimeSpan limit, int threads);

    [LoggerMessage(31, LogLevel.Information, "{Count} executions that nobody here knew of were handed back")]
    public partial void OrphansReleased(int count);

    [LoggerMessage(43, LogLevel.Warning,
        "Schedule {Schedule} has missed instants from {Instant} on, and does not make up for them")]
    public partial void InstantsMissed(string schedule, DateTimeOffset instant);

    [LoggerMessage(44, LogLevel.Error,
        "Schedule {Schedule} cannot be fired by this worker, which leaves it to others for a while")]
    public partial void ScheduleBroken(string schedule, Exception error);

    [LoggerMessage(51, LogLevel.Error,
        "Schedule {Schedule} is declared, but {Reason}")]
    public partial void DeclaredPassedOver(string schedule, string reason, Exception error);

    /// <summary>Services and transactions of users: whatever they throw, nothing depends on it.</summary>
    public void DisposalFailed(string what, Exception error)
    {
        WithheldMessages.Withhold(error);
        DisposedWithFailure(what, error.GetType().FullName, error);
    }

    [LoggerMessage(53, LogLevel.Warning,
        "Disposing of {What} failed with {FailureType}: nothing depends on it, and it is not tried again")]
    public partial void DisposedWithFailure(string what, string? failureType, Exception error);

    [LoggerMessage(46, LogLevel.Error,
        "The database has given out epoch {Epoch} of execution {Execution} of {Workflow} a second time: it has lost "
            + "what it said was durable, as in a failover. Session {Session} is given up; what it ran begins again")]
    public partial void EpochWentBack(long epoch, ExecutionId execution, string workflow, SessionId session);

    [LoggerMessage(45, LogLevel.Information,
        "{Count} executions that had ended long enough ago were deleted; {PassedOver} were held by somebody and stay "
            + "until the next look, {NotArchived} cannot be archived and stay")]
    public partial void Pruned(int count, int passedOver, int notArchived);

    [LoggerMessage(47, LogLevel.Warning,
        "Execution {Execution} of {Workflow} has ended long enough ago, but cannot be archived and is kept")]
    public partial void NotArchived(ExecutionId execution, string workflow, Exception error);
}
