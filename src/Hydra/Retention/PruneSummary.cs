namespace Hydra;

/// <summary>What came of deleting executions.</summary>
/// <param name="Deleted">How many were deleted, or would be.</param>
/// <param name="PassedOver">How many were left, because somebody held them or had deleted them meanwhile.</param>
public sealed record PruneSummary(int Deleted, int PassedOver)
{
    /// <summary>
    /// How many were left because they cannot be archived: values of theirs cannot be read here. The log names the
    /// first, with the reasons (event 47). The default is 0.
    /// </summary>
    public int NotArchived { get; init; }
}
