namespace Hydra.Simulation.Worlds;

/// <summary>What the body of a transactional step has written, once it is committed.</summary>
internal sealed record LedgerEntry(ExecutionId Execution, string Key, long Value);
