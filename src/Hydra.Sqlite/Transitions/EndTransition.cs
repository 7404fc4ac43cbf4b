using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Ends executions from outside their code, in the name of a client or of the clock.</summary>
/// <remarks>
/// Under an epoch of its own: whoever owns the execution, or did, is fenced and takes the terminal entry for none of
/// its own.
/// </remarks>
internal sealed class EndTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _end = connection.Prepare(SqliteSql.End, @namespace);

    public void End(ExecutionId id, in Fence fence, ExecutionState state, Payload failure)
    {
        var seq = Append(fence, failure);
        var changed = _end.Bind(2, fence.Number)
            .Bind(3, fence.Epoch)
            .Bind(4, transitions.Now.Micros)
            .Bind(5, seq)
            .Bind(6, (long)state)
            .Run();
        if (changed != 1)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic, $"Execution {id} was found live and yet could not be ended.");
        }
    }

    private long Append(in Fence fence, Payload failure)
    {
        // The clock may have gone back.
        var at = Instant.Max(transitions.Now, transitions.Journal.LastTime(fence.Number));
        var seq = transitions.Journal.LastSeq(fence.Number) + 1;
        var terminal = new JournalEntry
        {
            Seq = seq,
            Kind = EntryKind.Terminal,
            Failed = true,
            Output = failure,
            At = at,
            StartedAt = at,
            Attempt = fence.Attempt,
            Epoch = fence.Epoch + 1,
        };
        transitions.Journal.Append(fence.Number, terminal, at, at);
        return seq;
    }
}
