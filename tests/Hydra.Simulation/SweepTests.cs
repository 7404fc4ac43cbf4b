using System.Diagnostics;
using System.Globalization;
using Hydra.Simulation.Bugs;
using Hydra.Simulation.Sweeps;

namespace Hydra.Simulation;

/// <summary>Small scenarios in which one call of the store fails, or two: each call of each, in every way.</summary>
[Collection("Worlds")] // One after the other: each uses all processors by itself.
public class SweepTests(ITestOutputHelper output)
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
    private static readonly string? Only = Environment.GetEnvironmentVariable("HYDRA_SIM_STORY");

    private static readonly ulong First = ulong.TryParse(
        Environment.GetEnvironmentVariable("HYDRA_SIM_FIRST"), CultureInfo.InvariantCulture, out var given)
            ? given
            : 1;

    private static IEnumerable<Story> Wanted =>
        Stories.All.Concat(Only is null ? [] : Stories.WithNotices(all: true))
            .Where(story => Only is null || story.Name == Only);

    [Fact]
    public void Every_call_of_every_story_may_fail_once()
    {
        if (Environment.GetEnvironmentVariable("HYDRA_SIM_POINT") is { } points)
        {
            output.WriteLine(string.Join('\n', Wanted.Select(story =>
                new Sweep(story, First).Explain(FaultPoint.Read(points)))));
            return;
        }

        var seeds = IsFull && Only is null ? 10u : 1;
        RunAll(
            from story in Wanted
            from seed in Enumerable.Range(0, (int)seeds)
            select (story.Name, new Sweep(story, First + (ulong)seed)));
    }

    /// <summary>Notices only shorten waits: whatever becomes of them, every story ends as without.</summary>
    [Fact]
    public void Every_call_and_every_notice_may_fail_once()
    {
        var sweeps = Stories.WithNotices(all: IsFull).Select(static story => new Sweep(story, First)).ToList();

        RunAll(sweeps.Select(static sweep => (sweep.Story.Name, sweep)));

        Assert.Contains(sweeps, static sweep => sweep.Notices > 0);
        output.WriteLine($"{sweeps.Sum(static sweep => sweep.Notices)} notices");
    }

    [Fact]
    public void Two_calls_of_a_story_may_fail() => RunAll(
        from story in Wanted
        select (story.Name, new Sweep(story, First) { Firsts = IsFull ? null : 30, Seconds = IsFull ? 10 : 5 }));

    [Fact]
    public void Any_two_calls_of_the_shortest_story_may_fail() =>
        RunAll([(Stories.Shortest.Name, new Sweep(Stories.Shortest, First) { Seconds = IsFull ? null : 40 })]);

    /// <summary>A sweep that finds nothing proves nothing: with these all is well as long as nothing fails.</summary>
    [Theory]
    [InlineData(PlantedBug.AppliedTwice)]
    [InlineData(PlantedBug.SettledTwice)]
    [InlineData(PlantedBug.FenceWithoutOwner)]
    [InlineData(PlantedBug.FencedForApplied)]
    [InlineData(PlantedBug.DoubtForFailure)]
    public void A_sweep_finds_what_goes_wrong_only_after_a_fault(PlantedBug bug)
    {
        var found = Stories.All.Select(story => Swept(new Sweep(story, seed: 1, bug)))
            .First(sweep => sweep.Failed is not null);

        Assert.Single(found.Failed!);
    }

    /// <summary>Who writes under an epoch of the past has lost it and does not know: that takes two faults.</summary>
    [Fact]
    public void A_sweep_of_pairs_finds_what_goes_wrong_after_no_single_fault()
    {
        var found = Stories.All
            .Select(story => Swept(new Sweep(story, seed: 1, PlantedBug.NoFence) { Firsts = 30, Seconds = 5 }))
            .First(sweep => sweep.Failed is not null);

        Assert.Equal(2, found.Failed!.Count);
        Assert.Null(Swept(new Sweep(found.Story, seed: 1, PlantedBug.NoFence)).Failed);
    }

    private Sweep Swept(Sweep sweep)
    {
        output.WriteLine(sweep.Run()?.Split('\n')[0] ?? "nothing");
        return sweep;
    }

    private void RunAll(IEnumerable<(string Story, Sweep Sweep)> sweeps)
    {
        var watch = Stopwatch.StartNew();
        var (stories, runs) = (new HashSet<string>(), 0);
        foreach (var (story, sweep) in sweeps)
        {
            var violation = sweep.Run();
            Assert.True(violation is null, violation);
            stories.Add(story);
            runs += sweep.Runs;
            output.WriteLine($"{story}: {sweep.Calls} calls, {sweep.Runs} runs");
        }

        output.WriteLine($"{stories.Count} stories, {runs:N0} runs in {watch.Elapsed.TotalSeconds:N1} s");
    }
}
