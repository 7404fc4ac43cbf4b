namespace Hydra.Relational.Deciding;

/// <summary>The rows that a transaction adds. Each kind is written by one statement.</summary>
internal sealed class BatchWrites
{
    public List<(ExecutionId Execution, JournalEntry Entry)> Entries { get; } = [];

    public List<(ExecutionId Execution, StepTry Try)> Tries { get; } = [];

    public List<(ExecutionId Execution, CrashRow Crash)> Crashes { get; } = [];

    public List<(ExecutionId Execution, RefusalRow Refusal)> Refusals { get; } = [];

    /// <summary>Executions whose refusals are forgotten, all but those added here.</summary>
    public List<ExecutionId> ForgottenRefusals { get; } = [];
}
