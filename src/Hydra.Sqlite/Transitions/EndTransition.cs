using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Ends executions that nobody owns, in the name of a client or of the clock.</summary>
internal sealed class EndTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _end = connection.Prepare(SqliteSql.EndUnowned, @namespace);

    public void End(ExecutionId id, in ExecutionKey key, in Fence fence, ExecutionState state, Payload failure)
    {
        var at = Instant.Max(transitions.Now, transitions.Journal.LastTime(key)); // The clock may have gone back.
        var seq = transitions.Journal.LastSeq(key) + 1;
        transitions.Journal.Append(id, key, new JournalEntry
        {
            Seq = seq,
            Kind = EntryKind.Terminal,
            Failed = true,
            Output = failure,
            At = at,
            StartedAt = at,
            Attempt = fence.Attempt,
            Epoch = fence.Epoch,
        });
        var changed = key.Bind(_end)
            .Bind(4, fence.Epoch).Bind(5, (long)state).Bind(6, transitions.Now.Micros).Bind(7, seq).Run();
        if (changed != 1)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic, $"Execution {id} was found unowned and yet could not be ended.");
        }
    }
}
