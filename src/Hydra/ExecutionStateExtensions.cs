namespace Hydra;

/// <summary>Questions about states.</summary>
public static class ExecutionStateExtensions
{
    /// <summary>Whether the state is final: completed, failed, cancelled or timed out.</summary>
    /// <param name="state">The state in question.</param>
    public static bool IsTerminal(this ExecutionState state) => state >= ExecutionState.Completed;
}
