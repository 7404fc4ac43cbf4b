using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>The schedules, over the same network as all else.</summary>
internal sealed class FaultySchedules(FaultyStore store, IScheduleStore inner) : IScheduleStore
{
    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) => store.Call(
        CallKind.FindSchedule, () => inner.FindAsync(name, CancellationToken.None).GetAwaiter().GetResult());

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) => store.Call(
        CallKind.ListSchedules,
        () => inner.ListAsync(afterName, limit, CancellationToken.None).GetAwaiter().GetResult());

    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken) => store.Call(
        CallKind.ListDue, () => inner.ListDueAsync(limit, CancellationToken.None).GetAwaiter().GetResult());

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken) => store.Call(
        CallKind.ApplySchedule,
        () => inner.ApplyAsync(change, CancellationToken.None).GetAwaiter().GetResult(),
        () => change.Operations.Select(static operation => operation.Id));
}
