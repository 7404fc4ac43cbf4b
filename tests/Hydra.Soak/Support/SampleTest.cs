using System.Globalization;
using System.Text.Json;

namespace Hydra.Soak.Support;

/// <summary>A sample that acts upon a world outside: run to its end, and killed on the way there.</summary>
public abstract class SampleTest(ITestOutputHelper output) : SceneTest
{
    private const int Kills = 3;

    /// <summary>The program's file.</summary>
    private protected abstract string Program { get; }

    /// <summary>What is done outside, each once: the action and what it is done for. The order is left open.</summary>
    private protected abstract IReadOnlyList<string> Effects { get; }

    /// <summary>What it prints at its end, whatever happened before.</summary>
    private protected abstract IReadOnlyList<string> Results { get; }

    private string World => Path.ChangeExtension(Scene.Database, ".world.jsonl");

    [Fact]
    public async Task It_tells_its_story_and_told_again_it_does_nothing_more()
    {
        var told = await EndAsync(Start());
        var again = await EndAsync(Start());

        Check(told);
        Check(again);
        CheckStory(told.Output);
    }

    [Fact]
    public async Task Killed_again_and_again_it_does_everything_once()
    {
        var seed = Environment.GetEnvironmentVariable("HYDRA_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"HYDRA_SEED={seed}");
        var numbers = Enumerable.Range(1, Effects.Count - 1).ToArray();
        new Random(seed).Shuffle(numbers);

        // It is killed when an effect is there, thus before its answer is: the step is not recorded, and runs again.
        foreach (var effects in numbers.Take(Kills).Order())
        {
            var killed = Start();
            await Eventually.HoldsAsync($"{effects} effects", () => killed.HasExited || Done().Count >= effects);
            killed.Kill();
            await killed.ExitAsync(); // On a busy machine it may have come to its end by itself.
        }

        Check(await EndAsync(Start()));
        Assert.InRange(await CountCrashesAsync(), 1, int.MaxValue);
    }

    [Fact]
    public async Task What_it_cannot_understand_it_says()
    {
        var sample = Start("--pace", "soon");

        Assert.Equal(2, await sample.ExitAsync());
        Assert.Contains("--pace: 'soon'", sample.Error);
        Assert.False(File.Exists(Scene.Database));
    }

    /// <summary>Looks for what its story must have in it when nothing disturbs it.</summary>
    private protected virtual void CheckStory(string story)
    {
    }

    /// <summary>Looks at what else it has left behind.</summary>
    private protected virtual void CheckFiles()
    {
    }

    private protected static async Task<ProgramProcess> EndAsync(ProgramProcess sample)
    {
        Assert.True(await sample.ExitAsync() == 0, sample.Output + sample.Error);
        return sample;
    }

    /// <summary>Starts it; what it is given last counts.</summary>
    private protected ProgramProcess Start(params IEnumerable<string> arguments) => Scene.Keep(ProgramProcess.Start(
        Program,
        Scene.Root,
        ["--database", Scene.Database, "--claim-timeout", "1s", "--pace", "100ms", .. arguments]));

    private void Check(ProgramProcess sample)
    {
        Assert.Equal(Effects.Order(), Done().Order());
        Assert.All(Results, result => Assert.Contains(result, sample.Output, StringComparison.Ordinal));
        CheckFiles();
    }

    private async Task<int> CountCrashesAsync()
    {
        var client = await Scene.OpenClientAsync();
        var crashes = 0;
        foreach (var row in await client.ListAsync(cancellationToken: Cancellation))
        {
            crashes += (await client.Execution(row.Id).DescribeAsync(Cancellation)).Crashes.Count;
        }

        return crashes;
    }

    /// <summary>What is done outside so far.</summary>
    private protected List<string> Done()
    {
        try
        {
            return
            [
                .. File.ReadLines(World)
                    .Select(static line => JsonElement.Parse(line))
                    .Select(static effect => $"{effect.GetProperty("action")} {effect.GetProperty("subject")}"),
            ];
        }
        catch (IOException)
        {
            return []; // Not there yet, or the sample has it open just now.
        }
    }
}
