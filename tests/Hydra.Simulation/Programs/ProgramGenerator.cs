using Hydra.Simulation.Worlds;

namespace Hydra.Simulation.Programs;

/// <summary>Makes random programs, small enough for thousands a second and tangled enough to find mistakes.</summary>
/// <param name="chance">Decides.</param>
/// <param name="foreign">Whether programs await what is no durable call.</param>
internal sealed class ProgramGenerator(Chance chance, bool foreign = false)
{
    private const int MostSteps = 14;

    private static readonly string[] Names = ["a", "b", "c", "d"];

    private int _steps;
    private int _loops; // A key of one's own is good for one call.
    private bool _longSleeps;
    private int _foreigns;
    private bool _mayAwaitForeign; // Two at once may come in another order on replay.
    private bool _mayBeUnderWay; // Whether something foreign may have lost a race, and come beside what is later.

    /// <summary>Makes a program.</summary>
    /// <param name="depth">How deeply it nests at most.</param>
    public Node Make(int depth)
    {
        _steps = 0;
        (_mayAwaitForeign, _mayBeUnderWay) = (foreign, false);
        _longSleeps = chance.OneIn(20);
        return new Node.Sequence([Any(depth), .. chance.OneIn(2) ? [Any(depth - 1)] : Array.Empty<Node>()]);
    }

    private Node Any(int depth)
    {
        if (depth <= 0 || _steps >= MostSteps)
        {
            return Leaf();
        }

        return chance.Below(16) switch
        {
            0 or 1 => Leaf(),
            2 or 3 => new Node.Sequence(Some(depth)),
            4 => new Node.Parallel(Some(depth, awaiting: 1)),
            5 or 6 => new Node.AllSteps(Steps()),
            7 => Race(depth),
            8 or 9 => new Node.AnyStep(
                Steps(),
                chance.OneIn(3) ? SleepTime() : null,
                chance.Of(Losers.Left, Losers.Awaited, Losers.Withdrawn)),
            10 => new Node.Each(Steps(), SleepTime()),
            11 => Loop(depth),
            12 => new Node.Choice(Any(depth - 1), Any(depth - 1)),
            13 or 14 => new Node.Try(Any(depth - 1), Any(depth - 1)),
            _ => new Node.Cleanup(Any(depth - 1), Any(depth - 2), chance.OneIn(3)),
        };
    }

    private Node Leaf() => chance.Below(20) switch
    {
        < 6 when _mayAwaitForeign && !_mayBeUnderWay => Foreign(),
        < 12 => new Node.Step(Step()),
        < 17 => new Node.Sleep(SleepTime()),
        17 => new Node.Yield(),
        18 => new Node.Throw(chance.OneIn(4)),
        _ => new Node.Step(Step()),
    };

    private Node.Foreign Foreign()
    {
        _foreigns++;
        return new Node.Foreign(TimeSpan.FromMilliseconds(chance.Between(1, 3_000)), chance.OneIn(3));
    }

    private Node.Race Race(int depth)
    {
        var before = _foreigns;
        var branches = Some(depth, awaiting: _loops == 0 ? 1 : 0);
        _mayBeUnderWay |= _foreigns > before;
        return new Node.Race(branches, chance.OneIn(2));
    }

    private Node.Loop Loop(int depth)
    {
        _loops++;
        var body = Any(depth - 1);
        _loops--;
        return new Node.Loop(chance.Between(2, 3), body);
    }

    /// <param name="depth">How deeply they nest at most.</param>
    /// <param name="awaiting">How many of them may await something foreign.</param>
    private Node[] Some(int depth, int awaiting = int.MaxValue)
    {
        var may = _mayAwaitForeign;
        var parts = new Node[chance.Between(2, 3)];
        for (var i = 0; i < parts.Length; i++)
        {
            _mayAwaitForeign = may && i < awaiting;
            parts[i] = Any(depth - 1);
        }

        _mayAwaitForeign = may;
        return parts;
    }

    private StepPlan[] Steps()
    {
        var steps = new StepPlan[chance.Between(2, 4)];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = Step();
        }

        return steps;
    }

    private StepPlan Step()
    {
        _steps++;
        var fails = chance.Below(12) switch
        {
            0 or 1 => 1,
            2 => 2,
            3 => StepPlan.Always,
            _ => 0,
        };
        return new StepPlan
        {
            Name = chance.Of(Names),
            Options = new StepOptions
            {
                Retry = new RetryPolicy
                {
                    MaxAttempts = chance.Between(1, 3),
                    Backoff = chance.Of(TimeSpan.Zero, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2)),
                },
                Timeout = chance.OneIn(8) ? TimeSpan.FromMilliseconds(chance.Between(1, 400)) : null,
                Key = _loops == 0 && chance.OneIn(10) ? $"key-{_steps}" : null,
                AtMostOnce = chance.OneIn(8),
            },
            Duration = chance.Below(4) switch
            {
                0 => TimeSpan.Zero,
                1 => chance.UpTo(TimeSpan.FromSeconds(3)),
                _ => chance.UpTo(TimeSpan.FromMilliseconds(100)),
            },
            IsTransactional = chance.OneIn(5),
            FailsThrough = fails,
            NonRetryable = fails > 0 && chance.OneIn(5),
            IgnoresToken = chance.OneIn(6),
            KillsProcess = chance.OneIn(60),
            TakesTime = chance.OneIn(4),
            TakesChance = chance.OneIn(4),
        };
    }

    private TimeSpan SleepTime() => chance.Below(6) switch
    {
        0 => TimeSpan.Zero,
        1 or 2 => chance.UpTo(TimeSpan.FromMilliseconds(200)),
        5 when _longSleeps => chance.UpTo(TimeSpan.FromMinutes(2)),
        _ => chance.UpTo(TimeSpan.FromSeconds(6)),
    };
}
