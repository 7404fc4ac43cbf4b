namespace Hydra;

/// <summary>What an execution was made of, and what was made of it.</summary>
/// <param name="Id">The execution that was asked about.</param>
/// <param name="Executions">
/// The whole tree, each execution before those that were made of it: first what it was made of, the oldest first, then
/// itself, then its descendants. Executions beside it that were made of the same are not in it.
/// </param>
/// <param name="AtLeast">Whether there are more than the 1,000 at which it ends.</param>
public sealed record Lineage(ExecutionId Id, IReadOnlyList<LineageNode> Executions, bool AtLeast);
