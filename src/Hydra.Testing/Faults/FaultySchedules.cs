namespace Hydra.Testing;

/// <summary>The schedules of a <see cref="FaultyStore"/>, all reads of which count as one kind of call.</summary>
internal sealed class FaultySchedules(IScheduleStore schedules, FaultyStore store) : IScheduleStore
{
    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(() => schedules.FindAsync(name, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) =>
        ReadAsync(() => schedules.ListAsync(afterName, limit, cancellationToken), cancellationToken);

    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken) =>
        ReadAsync(() => schedules.ListDueAsync(limit, cancellationToken), cancellationToken);

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken) =>
        store.CallAsync(
            StoreCallKind.ApplySchedule, () => schedules.ApplyAsync(change, cancellationToken), cancellationToken);

    private Task<T> ReadAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) =>
        store.CallAsync(StoreCallKind.ReadSchedules, call, cancellationToken);
}
