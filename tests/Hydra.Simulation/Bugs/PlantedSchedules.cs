using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Bugs;

/// <summary>Schedules with one mistake.</summary>
internal sealed class PlantedSchedules(Scenario scenario, SimulatedProcess process, IScheduleStore inner)
    : IScheduleStore
{
    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        inner.FindAsync(name, cancellationToken);

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(afterName, limit, cancellationToken);

    public async Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken)
    {
        var due = await inner.ListDueAsync(limit, cancellationToken);
        return scenario.Bug == PlantedBug.ScheduleProcessClock
            ? due with { Now = Instant.From(process.Time.GetUtcNow()) }
            : due;
    }

    public async Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        switch (scenario.Bug)
        {
            case PlantedBug.ScheduleCursorApart when change.Operations.Count > 0 && scenario.World.Chance.OneIn(20):
                await inner.ApplyAsync(change with { Operations = [] }, cancellationToken);
                throw new StoreException(StoreErrorKind.InDoubt, "simulated: cut off between the two");
            case PlantedBug.ScheduleUnfenced:
                var current = await inner.FindAsync(change.Name, cancellationToken);
                return await inner.ApplyAsync(
                    change with
                    {
                        ExpectedChange = current?.ChangeId,
                        Operations =
                        [
                            .. change.Operations.Select(operation =>
                                operation is StartOperation start ? start with { Id = NewId() } : operation),
                        ],
                    },
                    cancellationToken);
            default:
                return await inner.ApplyAsync(change, cancellationToken);
        }
    }

    private ExecutionId NewId() => ExecutionId.Create(
        scenario.World.UtcNow.ToUnixTimeMilliseconds(),
        new UInt128(scenario.World.Chance.Next(), scenario.World.Chance.Next()),
        shard: 0);
}
