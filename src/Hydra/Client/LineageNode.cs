using Hydra.Storage;

namespace Hydra;

/// <summary>One execution of a lineage.</summary>
/// <param name="Id">The execution.</param>
/// <param name="Row">How it stands; null when it has been removed.</param>
/// <param name="Origin">
/// Where it came from; null when a caller has simply started it, or when it has been removed.
/// </param>
/// <param name="Depth">How far from the first of the lineage, which has 0.</param>
public sealed record LineageNode(ExecutionId Id, ExecutionRow? Row, Origin? Origin, int Depth);
