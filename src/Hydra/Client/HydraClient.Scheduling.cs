using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra;

/// <content>Schedules: the client for them, and those that the builder declares.</content>
internal sealed partial class HydraClient
{
    private volatile IReadOnlyList<string> _damaged = []; // Declared schedules, when the engine opened or last looked.
    private ScheduleClient? _schedules;

    public IScheduleClient Schedules => _schedules ??= keeper is null
        ? throw new NotSupportedException("The engine's store keeps no schedules.")
        : new ScheduleClient(this, keeper, keeper.Store, serializer, worker);

    public Task ScheduleTypedAsync<TInput>(
        string workflow,
        string name,
        Timetable timetable,
        TInput input,
        ScheduleOptions? options,
        CancellationToken cancellationToken) =>
        Schedules.PutAsync(
            new Schedule(name, workflow, timetable)
            {
                Input = serializer.Write(input, "The input of the schedule", name),
                Options = options ?? new ScheduleOptions(),
            },
            cancellationToken);

    /// <summary>The database's clock.</summary>
    internal Task<Instant> NowAsync(CancellationToken cancellationToken) => store.Queries.NowAsync(cancellationToken);

    /// <summary>Writes the schedules that the builder declares, where they are not what was last written.</summary>
    internal async Task DeclareAsync(CancellationToken cancellationToken)
    {
        var damaged = new List<string>();
        foreach (var declare in builder.Schedules)
        {
            var schedule = declare(serializer);
            if (keeper is null)
            {
                throw new ArgumentException(
                    $"The schedule '{schedule.Name}' is declared, but the engine's store keeps no schedules.");
            }

            // The engine itself tries again, all of it, for as long as its clients are patient.
            var damage = await ScheduleWriting.PutAsync(
                keeper,
                schedule.Name,
                _ => schedule,
                ScheduleWriting.Declare(schedule, codec.Payloads),
                runtime.Time.GetTimestamp(),
                cancellationToken);
            if (damage is not null)
            {
                damaged.Add(schedule.Name);
                keeper.Log.DeclaredDamaged(schedule.Name, damage);
            }
        }

        _damaged = damaged;
    }

    /// <summary>Which declared schedules still cannot be read of those that could not when the engine opened.</summary>
    internal async Task<IReadOnlyList<string>> FindDamagedAsync(CancellationToken cancellationToken)
    {
        var damaged = new List<string>();
        foreach (var name in _damaged)
        {
            if (await keeper!.Store.FindAsync(name, cancellationToken) is { } row
                && ScheduleWriting.FindDamage(row) is not null)
            {
                damaged.Add(name);
            }
        }

        return _damaged = damaged;
    }
}
