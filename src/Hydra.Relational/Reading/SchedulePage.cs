namespace Hydra.Relational.Reading;

/// <summary>What may be asked of a list of schedules.</summary>
internal static class SchedulePage
{
    private const int MostRows = 1_000;

    public static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MostRows);
    }

    /// <returns>The name to begin behind: the empty one, which is before all that there can be, for all.</returns>
    public static string CheckStart(string? afterName) => afterName is null || StoreRules.IsStorable(afterName)
        ? afterName ?? ""
        : throw new ArgumentException("No schedule can have such a name.", nameof(afterName));
}
