using System.Collections.Concurrent;
using Hydra.Simulation.Bugs;
using Hydra.Simulation.Worlds;

namespace Hydra.Simulation.Sweeps;

/// <summary>
/// Runs a story once for each call of the store that it makes and each way in which it can fail, and for pairs of them:
/// what the second may be depends on what the story does after the first.
/// </summary>
internal sealed class Sweep(Story story, ulong seed, PlantedBug bug = PlantedBug.None)
{
    private const int Tail = 120;

    private const string Command = "dotnet run --project tests/Hydra.Simulation -c Release -- "
        + "--output detailed --filter-method '*.Every_call_of_every_story_may_fail_once'";

    private int _runs;
    private FaultPoint[]? _failed;

    public Story Story => story;

    /// <summary>How many faults are tried, drawn by chance; all of them unless it is given.</summary>
    public int? Firsts { get; init; }

    /// <summary>How many second faults are tried behind each, drawn by chance; all of them if it is null.</summary>
    public int? Seconds { get; init; } = 0;

    /// <summary>How many calls of the store the story makes when nothing fails.</summary>
    public int Calls { get; private set; }

    /// <summary>How many of those are notices of what another machine has done.</summary>
    public int Notices { get; private set; }

    /// <summary>How many runs with a fault there were.</summary>
    public int Runs => _runs;

    /// <summary>The faults after which something went wrong, or null when nothing did.</summary>
    public IReadOnlyList<FaultPoint>? Failed => _failed;

    /// <summary>Runs everything; answers what went wrong, or null.</summary>
    public string? Run()
    {
        var whole = Tell([]);
        (Calls, Notices) = (whole.Calls, whole.Notices);
        if (whole.World.Violation is not null)
        {
            _failed = [];
            return Explain(_failed);
        }

        var firsts = new ConcurrentQueue<FaultPoint>(Drawn(FaultPoint.Among(1, Calls), Firsts, new Chance(seed)));
        var threads = new Thread[2];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                while (_failed is null && firsts.TryDequeue(out var first))
                {
                    if (RunFrom(first) is { } points)
                    {
                        Volatile.Write(ref _failed, points);
                    }
                }
            });
            threads[i].Start();
        }

        Array.ForEach(threads, static thread => thread.Join());
        return _failed is null ? null : Explain(_failed);
    }

    /// <summary>The violation, the end of the trace, and the command that shows it all again.</summary>
    public string Explain(FaultPoint[] points)
    {
        var world = Tell(points, traced: true).World;
        return $"""
            {story.Name}, {FaultPoint.Write(points)}: {world.Violation}
            {string.Join('\n', world.Lines.TakeLast(world.Violation is null ? int.MaxValue : Tail))}
            To run it again:
            HYDRA_SIM_FIRST={seed} HYDRA_SIM_STORY='{story.Name}' HYDRA_SIM_POINT='{FaultPoint.Write(points)}' {Command}
            """;
    }

    /// <summary>Runs the story with a fault, and with others behind it; answers those that broke something.</summary>
    private FaultPoint[]? RunFrom(FaultPoint first)
    {
        var alone = Told([first]);
        if (alone.World.Violation is not null)
        {
            return [first];
        }

        var chance = new Chance(seed + ((ulong)first.Call << 16) + ((ulong)first.Fate << 8) + (ulong)first.Blow);
        foreach (var second in Drawn(FaultPoint.Among(first.Call + 1, alone.Calls), Seconds, chance))
        {
            if (Told([first, second]).World.Violation is not null)
            {
                return [first, second];
            }
        }

        return null;
    }

    private static IEnumerable<FaultPoint> Drawn(IEnumerable<FaultPoint> all, int? count, Chance chance) =>
        count is { } some ? all.OrderBy(_ => chance.Next()).Take(some) : all;

    private StoryScenario Told(FaultPoint[] points)
    {
        Interlocked.Increment(ref _runs);
        return Tell(points);
    }

    private StoryScenario Tell(FaultPoint[] points, bool traced = false)
    {
        // A world belongs to the thread that makes it.
        var scenario = new StoryScenario(story, points, seed, bug, traced);
        scenario.Run();
        return scenario;
    }
}
