using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra;

/// <content>Schedules: the client for them, and those that the builder declares.</content>
internal sealed partial class HydraClient
{
    // Declared schedules that were left as they are, when the engine opened or last looked.
    private volatile IReadOnlyList<PassedOver> _passedOver = [];
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
        var passedOver = new List<PassedOver>();
        foreach (var declare in builder.Schedules)
        {
            var schedule = declare(serializer);
            if (keeper is null)
            {
                throw new ArgumentException(
                    $"The schedule '{schedule.Name}' is declared, but the engine's store keeps no schedules.");
            }

            // The engine itself tries again, all of it, for as long as its clients are patient.
            var reason = await ScheduleWriting.PutAsync(
                keeper,
                schedule.Name,
                _ => schedule,
                ScheduleWriting.Declare(schedule, codec.Payloads),
                runtime.Time.GetTimestamp(),
                cancellationToken);
            if (reason is not null)
            {
                passedOver.Add(new PassedOver(schedule, reason));
                keeper.Log.DeclaredPassedOver(
                    schedule.Name, reason.IsShredded ? PassedOver.Shredded : PassedOver.Damaged, reason);
            }
        }

        _passedOver = passedOver;
    }

    /// <summary>Tells how a schedule stands, and why it was passed over where it is declared.</summary>
    internal ScheduleDetails Describe(ScheduleRow row)
    {
        var details = ScheduleWriting.Describe(row);
        return details with
        {
            Problem = details.Problem ?? _passedOver.FirstOrDefault(one => one.IsStill(row))?.Reason.Message,
        };
    }

    /// <summary>Why declared schedules start nothing that were passed over; null where all have been mended.</summary>
    internal async Task<string?> FindPassedOverAsync(CancellationToken cancellationToken)
    {
        var still = new List<PassedOver>();
        foreach (var one in _passedOver)
        {
            if (one.IsStill(await keeper!.Store.FindAsync(one.Schedule.Name, cancellationToken)))
            {
                still.Add(one);
            }
        }

        _passedOver = still;
        return PassedOver.Tell(still);
    }
}
