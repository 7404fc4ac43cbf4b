using Hydra.Engine.Explaining;

namespace Hydra;

/// <content>Why an execution stands where it stands, and how many there are.</content>
internal sealed partial class HydraClient
{
    public Task<Explanation> WhyAsync(ExecutionId id, CancellationToken cancellationToken) => Enter(async () =>
    {
        var facts = await new FactReader(store.Queries, Namespace).ReadAsync(id, cancellationToken)
            ?? throw new ExecutionNotFoundException(id, Namespace);
        return Explainer.Explain(facts);
    });

    public Task<Statistics> StatisticsAsync(
        int limit = 10_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return Enter(async () =>
        {
            var counts = await store.Queries.CountAsync(limit, cancellationToken);
            var sessions = await store.Queries.ListSessionsAsync(cancellationToken);
            return new Statistics(
                Namespace, limit, counts, [.. sessions.Where(session => session.ExpiresAt > counts.Now)]);
        });
    }
}
