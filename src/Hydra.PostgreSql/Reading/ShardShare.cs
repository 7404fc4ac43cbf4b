namespace Hydra.PostgreSql.Reading;

/// <summary>How many of the newest to read from each shard, to have the newest of all.</summary>
/// <remarks>
/// Ids are spread evenly over shards, so a few times the average will do nearly always. Where one shard gave all that
/// it was asked for, as when many are children of one parent, it may have more, and only then everything is read.
/// </remarks>
internal static class ShardShare
{
    private const int Shards = 256;

    /// <param name="limit">How many of the newest are wanted.</param>
    public static int Of(int limit) => Math.Min(limit, 4 + (4 * ((limit + Shards - 1) / Shards)));

    /// <summary>
    /// How many of the first rows, in the order of their ids, are for certain the first of all, when no more than a
    /// share was read of each shard; and whether there may be more behind them, as behind the last one of a shard that
    /// gave all of its share.
    /// </summary>
    public static (int Count, bool More) CountCertain(IReadOnlyList<ExecutionId> ids, int share)
    {
        var counts = new int[Shards];
        for (var i = 0; i < ids.Count; i++)
        {
            if (++counts[ids[i].Shard] == share)
            {
                return (i + 1, true);
            }
        }

        return (ids.Count, false);
    }

    /// <summary>Whether a shard may have had more than its share among the newest.</summary>
    public static bool IsShort(IEnumerable<ExecutionRow> newest, int share) =>
        newest.GroupBy(static row => row.Id.Shard).Any(shard => shard.Count() >= share);
}
