using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Reads the fence of one execution.</summary>
internal sealed class FenceReader(Connection connection, string @namespace)
{
    private readonly Statement _read = connection.Prepare(SqliteSql.ReadFence, @namespace);

    /// <returns>Null when there is no such execution.</returns>
    public Fence? Read(in ExecutionKey id)
    {
        id.Bind(_read);
        if (!_read.Step())
        {
            return null;
        }

        var fence = new Fence(
            _read.Number(0),
            new SessionId(_read.Number(1)),
            (ExecutionState)_read.Int(2),
            _read.Number(3),
            _read.Number(4),
            (ExecutionRequests)_read.Int(5),
            _read.InstantOrNull(6),
            _read.Int(7) != 0,
            _read.Int(8),
            _read.Number(9),
            _read.Number(10),
            _read.Int(11),
            _read.Int(12),
            _read.Int(13) != 0,
            !_read.IsNull(14));
        _read.Reset();
        return fence;
    }
}
