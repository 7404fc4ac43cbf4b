namespace Hydra.Storage;

/// <summary>An execution that has ended, with what decides how long it is kept.</summary>
/// <param name="Id">The execution.</param>
/// <param name="Workflow">The durable name of its workflow.</param>
/// <param name="State">How it has ended.</param>
/// <param name="Epoch">The epoch that it has ended under.</param>
/// <param name="LastSeq">The last seq of its journal, which tells how much there is to delete.</param>
/// <param name="FinishedAt">When it has ended.</param>
public sealed record EndedRow(
    ExecutionId Id, string Workflow, ExecutionState State, long Epoch, long LastSeq, Instant FinishedAt);
