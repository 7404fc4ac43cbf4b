using System.Collections.Concurrent;

namespace Hydra.Simulation.Sweeps;

/// <summary>Runs a story once for each call of the store that it makes and each way in which it can fail.</summary>
internal sealed class Sweep(Story story, ulong seed)
{
    private const int Tail = 120;

    private const string Command = "dotnet run --project tests/Hydra.Simulation -c Release -- "
        + "--output detailed --filter-method '*.Every_call_of_every_story_may_fail_once'";

    /// <summary>How many calls of the store the story makes when nothing fails.</summary>
    public int Calls { get; private set; }

    public int Runs { get; private set; }

    /// <summary>Runs everything; answers what went wrong, or null.</summary>
    public string? Run()
    {
        var whole = Tell(point: null);
        if (whole.World.Violation is { } wrong)
        {
            return $"Without any fault: {wrong}";
        }

        Calls = whole.Calls;
        var points = new ConcurrentQueue<FaultPoint>(
            from call in Enumerable.Range(1, Calls)
            from way in FaultPoint.Ways
            select new FaultPoint(call, way.Fate, way.Blow));
        Runs = points.Count;
        string? violation = null;
        var threads = new Thread[2];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                while (violation is null && points.TryDequeue(out var point))
                {
                    if (Tell(point).World.Violation is not null)
                    {
                        violation = Explain(point);
                    }
                }
            });
            threads[i].Start();
        }

        Array.ForEach(threads, static thread => thread.Join());
        return violation;
    }

    /// <summary>The violation, the end of the trace, and the command that shows it all again.</summary>
    public string Explain(FaultPoint? point)
    {
        var world = Tell(point, traced: true).World;
        return $"""
            {story.Name}, {point}: {world.Violation}
            {string.Join('\n', world.Lines.TakeLast(world.Violation is null ? int.MaxValue : Tail))}
            To run it again:
            HYDRA_SIM_FIRST={seed} HYDRA_SIM_STORY='{story.Name}' HYDRA_SIM_POINT='{point}' {Command}
            """;
    }

    private StoryScenario Tell(FaultPoint? point, bool traced = false)
    {
        var scenario = new StoryScenario(story, point, seed, traced); // A world belongs to the thread that makes it.
        scenario.Run();
        return scenario;
    }
}
