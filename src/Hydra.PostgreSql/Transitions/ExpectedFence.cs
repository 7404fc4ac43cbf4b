namespace Hydra.PostgreSql.Transitions;

/// <summary>What the lock of executions tells: the time, and what the owner of each has to hear.</summary>
internal sealed class ExpectedFence(Instant now, Guid[] ids, long[] mails, int[] requests)
{
    private readonly Dictionary<ExecutionId, int> _places = Places(ids);

    public Instant Now => now;

    public (long Mail, ExecutionRequests Requests) this[ExecutionId id] =>
        (mails[_places[id]], (ExecutionRequests)requests[_places[id]]);

    private static Dictionary<ExecutionId, int> Places(Guid[] ids)
    {
        var places = new Dictionary<ExecutionId, int>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            places.Add(new ExecutionId(ids[i]), i);
        }

        return places;
    }
}
