using Hydra.Simulation.Faults;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// One call of the store on its way: there, where its effect belongs to the world, and back, where its answer belongs
/// to the process. A call outlives the process that made it.
/// </summary>
internal sealed class StoreCall<T>(FaultyStore store, CallKind kind, Func<T> effect)
{
    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource<T> _answer = new();
    private T? _result;
    private StoreException? _refusal;
    private TimeSpan _lateness;

    /// <summary>What the call takes along when it leaves, at the latest before its answer.</summary>
    public Action Leave { get; init; } = static () => { };

    private SimulatedWorld World => store.World;

    /// <summary>The executions that it is about, were it made now; a batch is about none before it has left.</summary>
    public Func<IEnumerable<ExecutionId>> About { get; init; } = static () => [];

    /// <summary>What it holds, where it is a commit; nothing before it has left.</summary>
    public Func<IEnumerable<OperationKind>> Operations { get; init; } = static () => [];

    /// <summary>How long a stranger still holds what it writes; asked only when the call has come there.</summary>
    public Func<TimeSpan> HeldFor { get; init; } = static () => TimeSpan.Zero;

    /// <summary>How long the database waits for that at most; asked after <see cref="HeldFor"/>.</summary>
    public Func<TimeSpan> LockWait { get; init; } = static () => ForeignLocks.Timeout;

    private FaultPlan Faults => store.Scenario.Faults;

    public Task<T> Send()
    {
        var fate = store.Scenario.Decide(store.Process, kind);
        _lateness = store.Scenario.Lateness;
        var there = Latency();
        World.Trace(store.Process.Name, $"{kind} {(fate == Fate.Fine ? "" : fate)}");
        if (fate is Fate.RolledBack or Fate.Blocked or Fate.Deterministic or Fate.DoubtLost or Fate.DoubtLate
            or Fate.ForeignLost or Fate.CrashBefore
            || (fate is Fate.NotSent or Fate.Unavailable && World.Chance.OneIn(2))) // The connection was there, or not.
        {
            Leave();
        }

        store.Scenario.Statistics.Fates[(int)fate]++;
        store.OnTheWay.Add(About);
        if (fate is not (Fate.DoubtApplied or Fate.DoubtLate or Fate.ForeignApplied or Fate.CrashAfter
            or Fate.PauseAfter)) // Those hit when it happens.
        {
            store.Scenario.Hit(fate, About());
        }

        switch (fate)
        {
            case Fate.NotSent or Fate.RolledBack or Fate.Unavailable or Fate.Deterministic or Fate.DoubtLost
                or Fate.ForeignLost:
                Answer(there + Latency(), fate.Error());
                break;
            case Fate.Blocked:
                Answer(there + ForeignLocks.Timeout + Latency(), fate.Error());
                break;
            case Fate.DoubtLate:
                Answer(there + Latency(), fate.Error());
                var stall = _lateness > TimeSpan.Zero ? _lateness : World.Chance.UpTo(LongestStall);
                Apply(there + stall, static () => { }, fate);
                break;
            case Fate.CrashBefore:
                store.Scenario.KillSoon(store.Process);
                if (World.Chance.OneIn(2))
                {
                    Apply(there, static () => { });
                }

                break;
            default:
                Apply(there, () => Return(fate), fate);
                break;
        }

        return _answer.Task;
    }

    private TimeSpan Latency() => World.Chance.PerMille(Faults.Stalled)
        ? World.Chance.UpTo(LongestStall)
        : World.Chance.UpTo(Faults.Latency);

    private void Apply(TimeSpan delay, Action next, Fate hit = Fate.Fine) => Travel(delay, () =>
    {
        var held = HeldFor();
        if (held == TimeSpan.Zero)
        {
            store.Scenario.Hit(hit, About());
            Happen();
            next();
        }
        else if (held <= LockWait())
        {
            Apply(held, next, hit);
        }
        else
        {
            _refusal = new StoreException(StoreErrorKind.RolledBack, "simulated: a lock") { Blocked = true };
            Travel(LockWait(), next);
        }
    });

    /// <summary>Does something later; until then the call is on its way, with the crash that it may bring.</summary>
    private void Travel(TimeSpan delay, Action arrive)
    {
        store.Scenario.CallsOnTheWay++;
        World.Schedule(delay, () =>
        {
            store.Scenario.CallsOnTheWay--;
            arrive();
        });
    }

    private void Happen()
    {
        try
        {
            _result = effect();
        }
        catch (StoreException e)
        {
            _refusal = e;
        }

        store.Scenario.Oracle.Sample(store.Process, kind);
    }

    private void Return(Fate fate)
    {
        switch (fate)
        {
            case Fate.CrashAfter:
                store.Scenario.KillSoon(store.Process);
                return;
            case Fate.PauseAfter:
                if (!store.Scenario.IsHealed)
                {
                    store.Scenario.Freeze(store.Process, World.Chance.UpTo(LongestPause));
                }

                break;
        }

        Answer(Latency() + _lateness, fate == Fate.Fine || fate == Fate.PauseAfter ? _refusal : fate.Error());
    }

    private void Answer(TimeSpan delay, Exception? error) => World.Schedule(
        delay,
        store.Process,
        static state =>
        {
            var (call, error) = ((StoreCall<T>, Exception?))state!;
            call.Take(error);
        },
        (this, error));

    private void Take(Exception? error)
    {
        store.OnTheWay.Remove(About);
        if (error is null)
        {
            _answer.SetResult(_result!);
            return;
        }

        if (error is StoreException { Kind: StoreErrorKind.Deterministic })
        {
            store.Scenario.Oracle.Refused(About());
        }

        store.Scenario.Statistics.Coverage.Hit(kind, error);
        foreach (var operation in Operations().Distinct())
        {
            store.Scenario.Statistics.Coverage.Hit(operation, error);
        }

        _answer.SetException(error);
    }
}
