namespace Hydra;

/// <summary>What came of deleting executions.</summary>
/// <param name="Deleted">How many were deleted, or would be.</param>
/// <param name="PassedOver">How many were left, because somebody held them or had deleted them meanwhile.</param>
public sealed record PruneSummary(int Deleted, int PassedOver);
