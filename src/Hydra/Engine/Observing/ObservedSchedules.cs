using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>Counts what the store does with schedules.</summary>
internal sealed class ObservedSchedules(IScheduleStore store, ObservedStore gate) : IScheduleStore
{
    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        gate.Watch("find_schedule", store.FindAsync(name, cancellationToken));

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) =>
        gate.Watch("list_schedules", store.ListAsync(afterName, limit, cancellationToken));

    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken) =>
        gate.Watch("list_due_schedules", store.ListDueAsync(limit, cancellationToken));

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken) =>
        gate.Watch("apply_schedule", store.ApplyAsync(change, cancellationToken));
}
