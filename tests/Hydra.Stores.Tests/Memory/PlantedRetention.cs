using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>How a <see cref="PlantedStore"/> forgets.</summary>
internal sealed class PlantedRetention(IWorkflowStore store, Planted fault) : IRetentionStore
{
    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken) =>
        store.Retention!.ListEndedAsync(after, before, limit, cancellationToken);

    public async Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken)
    {
        var chosen = new List<EndedRow>();
        foreach (var one in executions)
        {
            var row = await store.Queries.FindAsync(one.Id, cancellationToken);
            chosen.Add(fault == Planted.DeletedEpoch ? one with { Epoch = row?.Epoch ?? one.Epoch } : one);
            if (fault == Planted.Deletes && row?.Epoch == one.Epoch)
            {
                return [one.Id];
            }
        }

        return await store.Retention!.DeleteAsync(chosen, cancellationToken);
    }
}
