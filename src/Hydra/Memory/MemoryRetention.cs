using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Forgets executions of one namespace.</summary>
internal sealed class MemoryRetention(InMemoryWorkflowStore store, InMemoryDatabase database, NamespaceTables tables)
    : IRetentionStore
{
    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken)
    {
        StoreRules.ValidateEndedPage(limit);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<EndedPage>(cancellationToken)
            : Task.FromResult(database.Read(tables, (after, before, limit), List));
    }

    public Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken)
    {
        StoreRules.Validate(executions);
        return store.WriteAsync(executions, Delete, cancellationToken);
    }

    private static EndedPage List(
        NamespaceTables tables, (ExecutionId? After, ExecutionId Before, int Limit) page, Instant now)
    {
        if (page.After >= page.Before)
        {
            return new EndedPage([], null);
        }

        var looked = tables.Ids.GetViewBetween(page.After ?? default, page.Before)
            .Where(id => id != page.After && id != page.Before)
            .Take(page.Limit)
            .Select(tables.Get)
            .ToList();
        return new EndedPage(
            [.. looked.Where(static one => one.Row.State.IsTerminal()).Select(Ended)],
            looked.Count == page.Limit ? looked[^1].Id : null);
    }

    private static EndedRow Ended(StoredExecution execution) => new(
        execution.Id,
        execution.Row.Workflow,
        execution.Row.State,
        execution.Row.Epoch,
        execution.LastSeq,
        execution.Row.FinishedAt!.Value);

    private static IReadOnlyList<ExecutionId> Delete(
        NamespaceTables tables, IReadOnlyList<EndedRow> executions, Instant now)
    {
        var deleted = new List<ExecutionId>();
        foreach (var ended in executions)
        {
            if (tables.Find(ended.Id) is { } execution && execution.Row.State.IsTerminal()
                && execution.Row.Epoch == ended.Epoch)
            {
                tables.Remove(execution);
                deleted.Add(ended.Id);
            }
        }

        return deleted;
    }
}
