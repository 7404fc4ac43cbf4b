using System.Globalization;
using System.Text;
using Hydra.MySql.Connections;
using Hydra.Relational.Reading;

namespace Hydra.MySql.Transitions;

/// <summary>Binds the starts of a batch.</summary>
internal static class StartStatements
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

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

    /// <summary>
    /// Adds executions as they are when they are new, at the time of the session's variable. What is due at once and
    /// names a session is owned by it from the start, if another variable says that it exists.
    /// </summary>
    public static void AddExecutions(Exchange exchange, IEnumerable<StartOperation> starts, Database database) =>
        exchange.AddValues(
            database.Sql.InsertExecutions,
            LockOrder.Of(starts, static start => start.Id),
            (row, start) => Add(row.Add(start.Id, database.Namespace), start));

    private static void Add(Literals row, StartOperation start)
    {
        var delay = Rows.Micros(start.Delay);
        var dueAt = start.DueAt is { } at ? string.Create(Invariant, $"GREATEST(@hydra_now, {at.Micros})")
            : delay > 0 ? string.Create(Invariant, $"@hydra_now + {delay}")
            : "@hydra_now";
        var direct = start.Owner == SessionId.None || (start.DueAt is null && delay > 0) ? "FALSE"
            : start.DueAt is { } due ? string.Create(Invariant, $"@hydra_alive AND {due.Micros} <= @hydra_now")
            : "@hydra_alive";
        var owner = string.Create(Invariant, $"IF({direct}, {start.Owner.Value}, 0)");

        row.Add(start.Workflow).Add(start.Key).Add(start.InputHash)
            .Add((long)start.Priority).Add(start.MaxAttempts).Add(Rows.Micros(start.RetryBackoff)).AddNow()
            .AddSql(direct).AddSql(direct).AddSql(owner).AddSql(dueAt)
            .AddSql(start.Timeout is { } timeout ? Deadline(dueAt, Rows.Micros(timeout)) : "NULL")
            .AddSql($"IF({direct}, @hydra_now, NULL)");
    }

    /// <summary>A time and a span; the largest integer instead of what is larger.</summary>
    private static string Deadline(string dueAt, long timeout) => timeout > 0
        ? string.Create(Invariant, $"LEAST({dueAt}, {long.MaxValue - timeout}) + {timeout}")
        : string.Create(Invariant, $"{dueAt} + {timeout}");

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
