using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Reads the fence of one execution.</summary>
internal sealed class FenceReader(Connection connection, string @namespace)
{
    private readonly Statement _read = connection.Prepare(SqliteSql.ReadFence, @namespace);

    /// <returns>Null when there is no such execution.</returns>
    public Fence? Read(ExecutionId id)
    {
        if (!_read.Bind(2, id).Step())
        {
            return null;
        }

        var fence = new Fence(
            _read.Number(0),
            _read.Number(1),
            new SessionId(_read.Number(2)),
            (ExecutionState)_read.Int(3),
            _read.Number(4),
            _read.Number(5),
            (ExecutionRequests)_read.Int(6),
            _read.InstantOrNull(7),
            _read.Int(8) != 0,
            _read.Int(9),
            _read.Number(10),
            _read.Int(11),
            _read.Int(12),
            _read.Int(13) != 0,
            !_read.IsNull(14));
        _read.Reset();
        return fence;
    }
}
