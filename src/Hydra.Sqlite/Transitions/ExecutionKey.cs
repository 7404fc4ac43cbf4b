using System.Runtime.CompilerServices;
using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>An execution's id as its statements want it: the shard as ?2, the sixteen bytes as ?3.</summary>
internal readonly struct ExecutionKey
{
    private readonly IdBytes _bytes;

    public ExecutionKey(ExecutionId id) => id.WriteBytes(_bytes);

    public Statement Bind(Statement statement) =>
        statement.Bind(2, _bytes[IdBytes.Length - 1]).Bind(3, (ReadOnlySpan<byte>)_bytes);

    [InlineArray(Length)]
    private struct IdBytes
    {
        public const int Length = 16;
        private byte _first;
    }
}
