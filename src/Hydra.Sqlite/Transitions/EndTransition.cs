using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Ends executions that nobody owns, in the name of a client or of the clock.</summary>
internal sealed class EndTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _end = connection.Prepare(SqliteSql.EndUnowned, @namespace);

    public void End(ExecutionId id, in Fence fence, ExecutionState state, Payload failure)
    {
        var seq = Append(fence, failure);
        var changed = _end
            .Bind(2, fence.Number).Bind(3, (long)state).Bind(4, transitions.Now.Micros).Bind(5, seq).Run();
        if (changed != 1)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic, $"Execution {id} was found unowned and yet could not be ended.");
        }
    }

    /// <summary>Appends a terminal entry under the fence's epoch.</summary>
    /// <returns>Its seq.</returns>
    public long Append(in Fence fence, Payload failure)
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
            Epoch = fence.Epoch,
        };
        transitions.Journal.Append(fence.Number, terminal, at, at);
        return seq;
    }
}
