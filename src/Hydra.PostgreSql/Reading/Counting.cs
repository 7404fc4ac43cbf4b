using Hydra.PostgreSql.Connections;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Reading;

/// <summary>Counts executions, each part over a bounded number of rows of one index, in one round trip.</summary>
internal sealed class Counting(Database database)
{
    public async Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken)
    {
        var share = ShardShare.Of(limit);
        var (counts, isShort) = await CountAsync(limit, share, cancellationToken);
        return share < limit && isShort ? (await CountAsync(limit, limit, cancellationToken)).Counts : counts;
    }

    private Task<(ExecutionCounts Counts, bool IsShort)> CountAsync(
        int limit, int share, CancellationToken cancellationToken) => database.ReadAsync(
        async exchange =>
        {
            exchange.AddNow();
            exchange.AddScoped(database.Sql.CountUnowned).Bind((long)limit);
            exchange.AddScoped(database.Sql.CountOwned).Bind((long)limit);
            exchange.AddScoped(database.Sql.CountTroubled).Bind((long)limit);
            exchange.AddScoped(database.Sql.CountNewest).Bind((long)limit).Bind((long)share);
            exchange.AddTimed(database.Sql.CountDue).Bind((long)limit);
            await exchange.SendAsync(cancellationToken);
            var now = await exchange.ReadNowAsync();
            var unowned = await exchange.ReadAsync(CountParts.Read, cancellationToken);
            var owned = await exchange.ReadAsync(CountParts.Read, cancellationToken);
            var troubled = await exchange.ReadAsync(CountParts.Read, cancellationToken);
            var isShort = false;
            var newest = await exchange.ReadAsync(
                row =>
                {
                    isShort = row.GetBoolean(4);
                    return CountParts.Read(row);
                },
                cancellationToken);
            var due = await exchange.ReadAsync(row => Due(row, limit), cancellationToken);
            await exchange.EndAsync(cancellationToken);

            var counts = unowned.GroupBy(static count => count.Workflow).SelectMany(part => Cut(part, limit))
                .Concat(CountParts.Cut(owned, limit))
                .Concat(troubled.GroupBy(static count => count.State).SelectMany(part => Cut(part, limit)))
                .Concat(CountParts.CutNewest(newest, limit));
            return (CountParts.Order(now, counts, due), isShort);
        },
        cancellationToken);

    private static DueCount Due(NpgsqlDataReader row, int limit) => new(
        row.GetString(0), Math.Min(row.GetInt64(1), limit), row.GetInt64(1) >= limit, Rows.Time(row, 2));

    private static IEnumerable<ExecutionCount> Cut(IEnumerable<ExecutionCount> part, int limit) =>
        CountParts.Cut([.. part], limit);
}
