using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>The schedules of a <see cref="PlantedStore"/>.</summary>
internal sealed class PlantedSchedules(IScheduleStore schedules, Planted fault, Action meet) : IScheduleStore
{
    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        schedules.FindAsync(name, cancellationToken);

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) =>
        schedules.ListAsync(afterName, limit, cancellationToken);

    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken) =>
        schedules.ListDueAsync(limit, cancellationToken);

    public async Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        var isLate = fault == Planted.StaleChanges;
        if (fault == Planted.ChangesMeet
            && (await FindAsync(change.Name, cancellationToken))?.ChangeId == change.ExpectedChange)
        {
            meet();
            isLate = true;
        }

        var spoilt = change with
        {
            ExpectedChange = isLate
                ? (await FindAsync(change.Name, cancellationToken))?.ChangeId
                : change.ExpectedChange,
            Operations = fault == Planted.ScheduledStarts
                ? [.. change.Operations.Where(static operation => operation is not StartOperation)]
                : change.Operations,
        };
        return await schedules.ApplyAsync(spoilt, cancellationToken);
    }
}
