using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>What a workflow's context needs of the activation behind it.</summary>
internal interface ICallIssuer
{
    ExecutionId ExecutionId { get; }

    string WorkflowName { get; }

    string? Key { get; }

    Instant Now { get; }

    ulong Seed { get; }

    CancellationToken CancellationToken { get; }

    /// <summary>Throws unless the caller is workflow code on its own scheduler.</summary>
    void EnsureOnScheduler();

    Task<TOutput> IssueStep<TInput, TOutput>(
        string name,
        TInput input,
        Func<IServiceProvider, TInput, CancellationToken, Task<TOutput>> body,
        bool scoped,
        StepOptions? options,
        CancellationToken withdraw);

    Task IssueSleep(TimeSpan? duration, DateTimeOffset? until, CancellationToken withdraw);
}
