using System.Text.Json;

namespace Hydra.Soak.Chaos;

/// <summary>Makes random scripts of which it is known how they must end.</summary>
/// <remarks>Every value in them is different, so that no result can be taken for another.</remarks>
internal sealed class ScriptGenerator(Random random, string effectsFile)
{
    // One attempt of the execution each: with these and the one that succeeds they are the three that it has.
    private const int MaxFailingSteps = 2;

    private int _values;
    private int _failingSteps;
    private bool _mayTakeLong;

    /// <summary>Makes the input of one execution as compact JSON.</summary>
    /// <param name="fails">Whether it must end as failed, whatever is tried.</param>
    public string Next(out bool fails)
    {
        (_values, _failingSteps, _mayTakeLong) = (0, 0, random.Next(3) == 0);
        var seed = random.Next();
        var commands = Commands(seed, random.Next(3, 7), depth: 2, mayRace: true);
        fails = random.Next(15) == 0;
        if (fails)
        {
            commands.Add(new { op = "fail", message = "as scripted" });
        }

        if (random.Next(2) == 0)
        {
            commands = [new { op = "guard", commands, cleanup = Cleanup(seed) }];
        }

        return JsonSerializer.Serialize(new { commands });
    }

    /// <summary>Undoes the whole, if it is asked to stop, whatever it did last.</summary>
    private List<object> Cleanup(int seed) =>
        [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Step(seed, random.Next(3) == 0 ? 1 : 0, "undo"))];

    private List<object> Commands(int seed, int count, int depth, bool mayRace) =>
        [.. Enumerable.Range(0, count).Select(_ => Command(seed, depth, mayRace))];

    private object Command(int seed, int depth, bool mayRace) => random.Next(depth > 0 ? 10 : 7) switch
    {
        < 4 => Step(seed, random.Next(4) == 0 ? random.Next(1, 3) : 0),
        4 when mayRace && _failingSteps++ < MaxFailingSteps => Step(seed, random.Next(3, 5)), // Of three attempts.
        4 => Step(seed, failTimes: 1),
        5 or 6 => new { op = "sleep", millis = random.Next(50, 1_200) },
        7 => Repeat(seed),
        8 when mayRace => new { op = "race", branches = Branches(seed, mayRace: false) },
        _ => new { op = "parallel", branches = Branches(seed, mayRace) },
    };

    private object Repeat(int seed)
    {
        (var mayTakeLong, _mayTakeLong) = (_mayTakeLong, false);
        var commands = Commands(seed, 2, 0, mayRace: false);
        _mayTakeLong = mayTakeLong;
        return new { op = "repeat", times = random.Next(2, 4), commands };
    }

    private List<object> Branches(int seed, bool mayRace) =>
        [.. Enumerable.Range(0, random.Next(2, 4)).Select(_ => (object)Commands(seed, random.Next(1, 3), 0, mayRace))];

    private object Step(int seed, int failTimes, string? name = null) => new
    {
        op = "step",
        name = name ?? ((char)('a' + random.Next(4))).ToString(),
        input = new { number = ++_values },
        output = new { value = $"{seed:x8}-{_values}" },
        millis = Millis(failTimes),
        failTimes,
        sideEffectFile = effectsFile,
    };

    /// <remarks>
    /// Some take so long that their process is stopped, taken for dead and continued while the next owner runs them
    /// too.
    /// At most one in a script does, and twice at most: who crashes again and again without getting further is held
    /// back, and rightly so.
    /// </remarks>
    private int Millis(int failTimes)
    {
        if (!_mayTakeLong || failTimes > 1 || random.Next(5) > 0)
        {
            return random.Next(5, 300);
        }

        _mayTakeLong = false;
        return random.Next(3_000, 4_500);
    }
}
