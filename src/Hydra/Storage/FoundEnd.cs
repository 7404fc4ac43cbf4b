namespace Hydra.Storage;

/// <summary>How an execution stands for somebody who waits for its end.</summary>
/// <param name="Id">The execution.</param>
/// <param name="State">Its state.</param>
/// <param name="Last">
/// The last entry of its journal, when the state is terminal and the entry's output is no longer than was asked for.
/// </param>
public sealed record FoundEnd(ExecutionId Id, ExecutionState State, JournalEntry? Last);
