namespace Hydra.Storage;

/// <summary>An execution that came from somewhere.</summary>
/// <param name="Execution">The execution.</param>
/// <param name="Origin">Where it came from.</param>
public sealed record OriginRow(ExecutionId Execution, Origin Origin);
