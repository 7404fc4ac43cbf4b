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
    private Fate _fate;
    private bool _isDown; // Whether nobody could reach the database when it was made.
    private T? _result;
    private StoreException? _refusal;
    private bool _isOver; // At the database.
    private IReadOnlyCollection<ExecutionState> _hit = []; // What its executions were when it happened.
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
        _fate = store.Scenario.Decide(store.Process, kind);
        _isDown = store.Scenario.IsDown;
        _lateness = store.Scenario.Lateness;
        var there = Latency();
        World.Trace(store.Process.Name, $"{kind} {(_fate == Fate.Fine ? "" : $"{_fate}")}");
        if (_fate is Fate.RolledBack or Fate.Blocked or Fate.Deterministic or Fate.DoubtLost or Fate.DoubtLate
            or Fate.ForeignLost or Fate.CrashBefore
            || (_fate is Fate.NotSent or Fate.Unavailable && World.Chance.OneIn(2))) // There was a connection, or not.
        {
            Leave();
        }

        store.Scenario.Statistics.Fates[(int)_fate]++;
        store.OnTheWay.Add(About);
        switch (_fate)
        {
            case Fate.NotSent or Fate.RolledBack or Fate.Unavailable or Fate.Deterministic or Fate.DoubtLost
                or Fate.ForeignLost:
                Answer(there + Latency(), _fate.Error());
                break;
            case Fate.Blocked:
                Answer(there + ForeignLocks.Timeout + Latency(), _fate.Error());
                break;
            case Fate.DoubtLate:
                Answer(there + Latency(), _fate.Error());
                var stall = _lateness > TimeSpan.Zero ? _lateness : World.Chance.UpTo(LongestStall);
                Apply(there + stall, () => Hit(_hit));
                break;
            case Fate.CrashBefore:
                Hit(store.Scenario.StatesOf(About()));
                store.Scenario.KillSoon(store.Process);
                if (World.Chance.OneIn(2))
                {
                    Apply(there, static () => { });
                }

                break;
            default:
                Apply(there, Return);
                break;
        }

        return _answer.Task;
    }

    private TimeSpan Latency() => World.Chance.PerMille(Faults.Stalled)
        ? World.Chance.UpTo(LongestStall)
        : World.Chance.UpTo(Faults.Latency);

    private void Apply(TimeSpan delay, Action next) => Travel(delay, () =>
    {
        var held = HeldFor();
        if (held == TimeSpan.Zero)
        {
            Happen();
            next();
            return;
        }

        store.Scenario.Hit(ProcessFault.Lock, About());
        if (held <= LockWait())
        {
            Apply(held, next);
        }
        else
        {
            _refusal = new StoreException(StoreErrorKind.RolledBack, "simulated: a lock") { Blocked = true };
            Travel(LockWait(), () =>
            {
                _isOver = true;
                next();
            });
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
        IReadOnlyCollection<ExecutionState> states = _fate == Fate.Fine ? [] : store.Scenario.StatesOf(About());
        try
        {
            _result = effect();
            _hit = states;
        }
        catch (StoreException e)
        {
            _refusal = e;
        }

        _isOver = true;
        store.Scenario.Oracle.Sample(store.Process, kind);
    }

    private void Return()
    {
        if (_refusal is not null && _fate == Fate.Fine && Faults.DoubtApplied > 0 && World.Chance.OneIn(8))
        {
            _fate = Fate.DoubtApplied; // The answer of a refusal may be lost as well.
        }

        switch (_fate)
        {
            case Fate.CrashAfter:
                if (store.Process.State != ProcessState.Dead)
                {
                    Hit(_hit);
                }

                store.Scenario.KillSoon(store.Process);
                return;
            case Fate.PauseAfter:
                if (!store.Scenario.IsHealed)
                {
                    if (store.Process.State == ProcessState.Alive)
                    {
                        Hit(_hit);
                    }

                    store.Scenario.Freeze(store.Process, World.Chance.UpTo(LongestPause));
                }

                break;
        }

        Answer(Latency() + _lateness, _fate.IsError() ? _fate.Error() : _refusal);
    }

    private void Hit(IReadOnlyCollection<ExecutionState> states) => store.Scenario.Hit(_fate, states, _isDown);

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

        Count(error);
        _answer.SetException(error);
    }

    private void Count(Exception error)
    {
        var known = _fate.Class(error, _isOver, _refusal is not null);
        store.Scenario.Statistics.Coverage.Hit(kind, known);
        foreach (var operation in Operations().Distinct())
        {
            store.Scenario.Statistics.Coverage.Hit(operation, known);
        }

        if (_fate.IsError() && _fate != Fate.DoubtLate) // That one hits when it happens.
        {
            Hit(_fate is Fate.DoubtApplied or Fate.ForeignApplied ? _hit : store.Scenario.StatesOf(About()));
        }
    }
}
