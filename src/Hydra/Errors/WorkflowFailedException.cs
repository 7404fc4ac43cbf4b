namespace Hydra;

/// <summary>The result of an execution was asked for, but it ended without one.</summary>
/// <param name="id">The execution.</param>
/// <param name="state">How it ended: failed, cancelled or timed out.</param>
/// <param name="failure">What went wrong.</param>
public sealed class WorkflowFailedException(ExecutionId id, ExecutionState state, Failure? failure) : HydraException(
    $"Execution {id} ended as {state}{(failure is null ? "." : $": {failure}")}")
{
    /// <summary>The execution.</summary>
    public ExecutionId Id { get; } = id;

    /// <summary>How it ended: failed, cancelled or timed out.</summary>
    public ExecutionState State { get; } = state;

    /// <summary>What went wrong, as it was recorded.</summary>
    public Failure? Failure { get; } = failure;
}
