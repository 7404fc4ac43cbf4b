using System.Text;
using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Reading;

namespace Hydra.MySql.Transitions;

/// <summary>Binds the starts of a batch.</summary>
internal static class StartStatements
{
    /// <summary>The starts with a key, in the order of the keys' locks; those of one key in their own order.</summary>
    public static List<StartOperation> InKeyOrder(IEnumerable<StartOperation> starts) =>
    [
        .. starts.Where(static start => start.Key is not null)
            .OrderBy(static start => start.Id.Shard)
            .ThenBy(static start => Encoding.UTF8.GetBytes(start.Key!), ByteOrder.Instance),
    ];

    public static void AddKeys(Exchange exchange, List<StartOperation> keyed, Database database) =>
        exchange.AddValues(database.Sql.InsertKeys, keyed, (row, start) => row
            .Add((long)start.Id.Shard).Add(database.Namespace).Add(start.Key!).Add(start.Id));

    /// <summary>Shards, keys and ids.</summary>
    public static string Keys(List<StartOperation> keyed)
    {
        var rows = new JsonRows();
        foreach (var start in keyed)
        {
            rows.Row(start.Id.Shard).Add(start.Key).Add(start.Id).End();
        }

        return rows.ToString();
    }

    public static void AddExecutions(Exchange exchange, IEnumerable<StartOperation> starts, MySqlSql sql) =>
        exchange.AddRows(sql.InsertExecutions, JsonRows.Of(
            LockOrder.Of(starts, static start => start.Id),
            static start => start.Id,
            static (row, start) => row
                .Add(start.Workflow)
                .Add(start.Key)
                .Add(start.InputHash)
                .Add((long)start.Priority)
                .Add(start.MaxAttempts)
                .Add(Rows.Micros(start.RetryBackoff))
                .Add(Rows.Micros(start.Delay))
                .Add(start.DueAt?.Micros)
                .Add(start.Timeout is { } timeout ? Rows.Micros(timeout) : null)
                .Add(start.Owner.Value)));

    /// <summary>Adds what only few have: where they come from, and that they begin with entries.</summary>
    public static void AddExtras(Exchange exchange, List<StartOperation> starts, Database database)
    {
        if (starts.FindAll(static start => start.Origin is not null) is { Count: > 0 } made)
        {
            exchange.AddValues(database.Sql.InsertOrigins, made, (row, start) => row
                .Add(start.Id, database.Namespace)
                .Add((long)start.Origin!.Kind).Add(start.Origin.Source).Add(start.Origin.Name).Add(start.Origin.Seq)
                .Add(start.Origin.At?.Micros).Add((long)start.Origin.Edits));
        }

        if (starts.FindAll(static start => start.Prefix.Count > 0) is { Count: > 0 } begun)
        {
            exchange.AddRows(database.Sql.SetPrefixEnds, JsonRows.Of(
                begun, static start => start.Id, static (row, start) => row.Add(start.LastSeq)));
        }
    }

    /// <summary>How the database orders bytes.</summary>
    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static ByteOrder Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
