namespace Hydra.Storage;

/// <summary>A part of a walk over executions.</summary>
/// <param name="Executions">Those of them that have ended, in the order of their ids.</param>
/// <param name="Next">Behind which one to go on; null when there are no more.</param>
public sealed record EndedPage(IReadOnlyList<EndedRow> Executions, ExecutionId? Next);
