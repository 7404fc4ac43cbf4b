using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Transitions;

namespace Hydra.Sqlite.Reading;

/// <summary>Lists executions, the newest first, without an index that every start would have to pay for.</summary>
/// <remarks>
/// Ids sort by time within a shard. So all shards are looked at in turn, each only as far back as what has been found
/// so
/// far reaches. States that are rare have an index of their own, and live ones are few.
/// </remarks>
internal sealed class ExecutionList(ReadStatements reader, ExecutionFilter filter)
{
    private const int Shards = 256;

    private static readonly byte[] BeforeAll = new byte[16];
    private static readonly byte[] BehindAll = [.. Enumerable.Repeat((byte)0xFF, 17)];

    public List<ExecutionRow> Read(CancellationToken cancellationToken)
    {
        var ids = filter.State switch
        {
            ExecutionState.Blocked or ExecutionState.Failed or ExecutionState.Cancelled or ExecutionState.TimedOut =>
                Rows.All(Bind(reader.ListTroubled), static row => row.Id(0)),
            null or ExecutionState.Completed => ReadShards(cancellationToken),
            _ => Rows.All(Bind(reader.ListLive), static row => row.Id(0)),
        };

        var rows = new List<ExecutionRow>(ids.Count);
        foreach (var id in ids)
        {
            // Between the two reads it may have been removed.
            if (Rows.FirstOrNull(new ExecutionKey(id).Bind(reader.Find), Rows.Execution) is { } row)
            {
                rows.Add(row);
            }
        }

        return rows;
    }

    private List<ExecutionId> ReadShards(CancellationToken cancellationToken)
    {
        var newest = new List<ExecutionId>();
        var behind = BeforeAll;
        for (var shard = 0; shard < Shards; shard++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            newest.AddRange(Rows.All(Bind(reader.ListShard).Bind(2, shard).Bind(4, behind), static row => row.Id(0)));
            newest.Sort(static (one, other) => other.CompareTo(one));
            if (newest.Count >= filter.Limit)
            {
                newest.RemoveRange(filter.Limit, newest.Count - filter.Limit);
                behind = newest[^1].ToByteArray();
            }
        }

        return newest;
    }

    private Statement Bind(Statement statement)
    {
        statement.Bind(3, filter.Before is { } before ? before.ToByteArray() : BehindAll);
        _ = filter.State is { } state ? statement.Bind(5, (long)state) : statement.BindNull(5);
        return statement.Bind(6, filter.Workflow).Bind(7, filter.Limit);
    }
}
