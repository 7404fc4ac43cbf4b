using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra;

/// <content>Schedules: the client for them, and those that the builder declares.</content>
internal sealed partial class HydraClient
{
    private static readonly TimeSpan AwaitPause = TimeSpan.FromSeconds(5);

    // Declared schedules that were left as they are, when the engine opened or last looked.
    private volatile IReadOnlyList<PassedOver> _passedOver = [];

    // Declared schedules that are written once the keys of their subjects can be read.
    private volatile List<Schedule> _awaited = [];
    private readonly Lock _declaring = new();
    private int _awaiting;
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
        var awaited = new List<Schedule>();
        StoreException? away = null; // The keys: whoever has a subject does not wait as the first did.
        foreach (var declare in builder.Schedules)
        {
            var schedule = declare(serializer);
            if (keeper is null)
            {
                throw new ArgumentException(
                    $"The schedule '{schedule.Name}' is declared, but the engine's store keeps no schedules.");
            }

            try
            {
                if (away is not null && schedule.Options.Start?.Subject is not null)
                {
                    Await(away);
                }
                else if (await DeclareAsync(keeper, schedule, cancellationToken) is { } over)
                {
                    passedOver.Add(over);
                }
            }
            catch (StoreException e) when (e.IsAboutKey) // Nothing else waits for that key.
            {
                Await(away = e);
            }

            void Await(StoreException error)
            {
                awaited.Add(schedule);
                keeper.Log.DeclaredPassedOver(schedule.Name, PassedOver.Awaited, error);
            }
        }

        _passedOver = passedOver;
        _awaited = awaited;
        if (awaited.Count > 0 && Interlocked.Exchange(ref _awaiting, 1) == 0)
        {
            _ = runtime.Run(DeclareAwaitedAsync);
        }
    }

    /// <summary>Writes a declared schedule. The engine itself tries again, as long as clients are patient.</summary>
    /// <returns>Why it is left as it is; null when it is not.</returns>
    private async Task<PassedOver?> DeclareAsync(
        ScheduleKeeper scheduling, Schedule schedule, CancellationToken cancellationToken)
    {
        var reason = await ScheduleWriting.PutAsync(
            scheduling,
            schedule.Name,
            _ => schedule,
            ScheduleWriting.Declare(schedule, codec.Payloads),
            runtime.Time.GetTimestamp(),
            cancellationToken);
        if (reason is null)
        {
            return null;
        }

        scheduling.Log.DeclaredPassedOver(
            schedule.Name, reason.IsShredded ? PassedOver.Shredded : PassedOver.Damaged, reason);
        return new PassedOver(schedule, reason);
    }

    private async Task DeclareAwaitedAsync()
    {
        while (_awaited.Count > 0)
        {
            await Task.Delay(AwaitPause, runtime.Time);
            foreach (var schedule in _awaited)
            {
                if (_closed)
                {
                    return;
                }

                try
                {
                    var over = await DeclareAsync(keeper!, schedule, CancellationToken.None);
                    lock (_declaring)
                    {
                        _passedOver = over is null ? _passedOver : [.. _passedOver, over];
                    }

                    _awaited = [.. _awaited.Where(one => one != schedule)];
                    worker?.SchedulesChanged();
                }
                catch (StoreException e) when (e.IsAboutKey || _closed)
                {
                    // Later, or never by this engine.
                }
                catch (Exception e)
                {
                    keeper!.Log.LoopFailed("Writing a declared schedule", e);
                }
            }
        }

        _awaiting = 0;
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
        var mended = new List<PassedOver>();
        foreach (var one in _passedOver)
        {
            if (!one.IsStill(await keeper!.Store.FindAsync(one.Schedule.Name, cancellationToken)))
            {
                mended.Add(one);
            }
        }

        lock (_declaring)
        {
            _passedOver = [.. _passedOver.Except(mended)];
            return PassedOver.Tell(_passedOver, _awaited);
        }
    }
}
