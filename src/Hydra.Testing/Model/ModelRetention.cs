namespace Hydra.Testing;

/// <summary>What random sequences ask of retention.</summary>
internal static class ModelRetention
{
    /// <summary>Walks over all that has ended. Its pages are not of one moment.</summary>
    /// <param name="store">The store.</param>
    /// <param name="now">The time: everything was made by then.</param>
    /// <param name="limit">How many there are in a page at most.</param>
    public static async Task<List<EndedRow>> WalkAsync(IRetentionStore store, Instant now, int limit)
    {
        var before = ExecutionId.Create(now.ToDateTimeOffset().AddDays(1).ToUnixTimeMilliseconds(), 0, 0);
        var rows = new List<EndedRow>();
        ExecutionId? after = null;
        do
        {
            var page = await store.ListEndedAsync(after, before, limit, CaseContext.Token);
            rows.AddRange(page.Executions);
            after = page.Next;
        }
        while (after is not null);

        return rows;
    }

    /// <summary>Chooses some of what has ended, now and then under another epoch.</summary>
    public static List<EndedRow> Choose(Random random, IReadOnlyList<EndedRow> ended) =>
    [
        .. ended.Where(_ => random.Next(2) == 0)
            .Select(row => random.Next(4) == 0 ? row with { Epoch = row.Epoch - 1 } : row),
    ];
}
