using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// One call of the store on its way: there, where its effect belongs to the world, and back, where its answer belongs
/// to the process. A call outlives the process that made it.
/// </summary>
internal sealed class StoreCall<T>(FaultyStore store, string name, Func<T> effect)
{
    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(8);

    private readonly TaskCompletionSource<T> _answer = new();
    private T? _result;
    private StoreException? _refusal;

    /// <summary>What the call takes along when it leaves, at the latest before its answer.</summary>
    public Action Leave { get; init; } = static () => { };

    private SimulatedWorld World => store.World;

    private Faults Faults => store.Scenario.Faults;

    public Task<T> Send()
    {
        var fate = Decide();
        var there = Latency();
        store.Scenario.Count(fate);
        World.Trace(store.Process.Name, $"{name} {(fate == Fate.Fine ? "" : fate)}");
        if (fate is Fate.RolledBack or Fate.DoubtLost or Fate.DoubtLate or Fate.ForeignLost or Fate.CrashBefore)
        {
            Leave();
        }

        switch (fate)
        {
            case Fate.NotSent or Fate.RolledBack or Fate.Unavailable or Fate.DoubtLost or Fate.ForeignLost:
                Answer(there + Latency(), ErrorOf(fate));
                break;
            case Fate.DoubtLate:
                Answer(there + Latency(), ErrorOf(fate));
                Apply(there + World.Chance.UpTo(LongestStall), static () => { });
                break;
            case Fate.CrashBefore:
                store.Scenario.KillSoon(store.Process);
                if (World.Chance.OneIn(2))
                {
                    Apply(there, static () => { });
                }

                break;
            default:
                Apply(there, () => Return(fate));
                break;
        }

        return _answer.Task;
    }

    private Fate Decide()
    {
        var chance = World.Chance;
        var faults = Faults;
        if (store.Scenario.IsOut)
        {
            return chance.Of(Fate.NotSent, Fate.Unavailable);
        }

        return chance.PerMille(faults.NotSent) ? Fate.NotSent
            : chance.PerMille(faults.RolledBack) ? Fate.RolledBack
            : chance.PerMille(faults.DoubtApplied) ? Fate.DoubtApplied
            : chance.PerMille(faults.DoubtLost) ? Fate.DoubtLost
            : chance.PerMille(faults.DoubtLate) ? Fate.DoubtLate
            : chance.PerMille(faults.Foreign) ? chance.Of(Fate.ForeignApplied, Fate.ForeignLost)
            : chance.PerMille(faults.Crashes) ? chance.Of(Fate.CrashBefore, Fate.CrashAfter)
            : chance.PerMille(faults.Pauses) ? Fate.PauseAfter
            : Fate.Fine;
    }

    private TimeSpan Latency() => World.Chance.PerMille(Faults.Stalled)
        ? World.Chance.UpTo(LongestStall)
        : World.Chance.UpTo(Faults.Latency);

    private void Apply(TimeSpan delay, Action next)
    {
        store.Scenario.CallsOnTheWay++;
        World.Schedule(delay, () =>
        {
            store.Scenario.CallsOnTheWay--;
            try
            {
                _result = effect();
            }
            catch (StoreException e)
            {
                _refusal = e;
            }

            store.Scenario.Oracle.Sample(store.Process, name);
            next();
        });
    }

    private void Return(Fate fate)
    {
        switch (fate)
        {
            case Fate.CrashAfter:
                store.Scenario.KillSoon(store.Process);
                return;
            case Fate.PauseAfter:
                store.Scenario.Freeze(store.Process);
                break;
        }

        Answer(Latency(), fate == Fate.Fine || fate == Fate.PauseAfter ? _refusal : ErrorOf(fate));
    }

    private void Answer(TimeSpan delay, Exception? error) => World.Schedule(
        delay,
        store.Process,
        static state =>
        {
            var (call, error) = ((StoreCall<T>, Exception?))state!;
            if (error is not null)
            {
                call._answer.SetException(error);
            }
            else
            {
                call._answer.SetResult(call._result!);
            }
        },
        (this, error));

    private static Exception ErrorOf(Fate fate) => fate switch
    {
        Fate.NotSent => new StoreException(StoreErrorKind.NotSent, "simulated: not sent"),
        Fate.RolledBack => new StoreException(StoreErrorKind.RolledBack, "simulated: rolled back"),
        Fate.Unavailable => new StoreException(StoreErrorKind.Unavailable, "simulated: unavailable"),
        Fate.ForeignApplied or Fate.ForeignLost => new InvalidOperationException("simulated: a broken contract"),
        _ => new StoreException(StoreErrorKind.InDoubt, "simulated: in doubt"),
    };
}
