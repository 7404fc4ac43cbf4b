using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>The schedules of one namespace.</summary>
internal sealed class MemorySchedules(InMemoryWorkflowStore store, InMemoryDatabase database, NamespaceTables tables)
    : IScheduleStore
{
    private const int MostRows = 1000;

    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ReadAsync(
            name, static (tables, name, _) => tables.Schedules.GetValueOrDefault(name), cancellationToken);
    }

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken)
    {
        CheckLimit(limit);
        if (afterName is not null && !StoreRules.IsStorable(afterName))
        {
            throw new ArgumentException("No schedule can have such a name.", nameof(afterName));
        }

        return ReadAsync<(string? After, int Limit), IReadOnlyList<ScheduleRow>>(
            (afterName, limit),
            static (tables, page, _) =>
            [
                .. tables.Schedules.Values
                    .SkipWhile(row => CodePointOrder.Instance.Compare(row.Name, page.After) <= 0)
                    .Take(page.Limit),
            ],
            cancellationToken);
    }

    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken)
    {
        CheckLimit(limit);
        return ReadAsync(limit, Scheduling.ListDue, cancellationToken);
    }

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return store.WriteAsync(change, Scheduling.Apply, cancellationToken);
    }

    private static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MostRows);
    }

    private Task<TAnswer> ReadAsync<TRequest, TAnswer>(
        TRequest request,
        Func<NamespaceTables, TRequest, Instant, TAnswer> read,
        CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<TAnswer>(cancellationToken)
            : Task.FromResult(database.Read(tables, request, read));
}
