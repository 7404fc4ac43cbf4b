using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>What a workflow's context needs of the activation behind it.</summary>
internal interface ICallIssuer
{
    ExecutionId ExecutionId { get; }

    string WorkflowName { get; }

    string? Key { get; }

    ScheduledInstant? Schedule { get; }

    Instant Now { get; }

    ulong Seed { get; }

    CancellationToken CancellationToken { get; }

    /// <summary>Throws unless the caller is workflow code on its own scheduler.</summary>
    void EnsureOnScheduler();

    Task<TOutput> IssueStep<TInput, TOutput>(
        string name,
        TInput input,
        Func<BodyScope, TInput, CancellationToken, Task<TOutput>> body,
        bool scoped,
        StepOptions? options,
        CancellationToken withdraw,
        TransactionSource? transaction = null);

    Task IssueSleep(TimeSpan? duration, DateTimeOffset? until, CancellationToken withdraw);
}
