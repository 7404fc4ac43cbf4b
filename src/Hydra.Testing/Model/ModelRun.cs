using System.Globalization;
using System.Text;

namespace Hydra.Testing;

/// <summary>Runs random sequences, and makes the first that fails as short as it can.</summary>
/// <remarks>
/// HYDRA_MODEL_SEED names the first seed and HYDRA_MODEL_RUNS how many follow it, so that any run can be repeated.
/// </remarks>
internal static class ModelRun
{
    private const int Steps = 96;

    /// <summary>Plays sequences until one fails.</summary>
    /// <param name="harness">Tells what command runs the case again.</param>
    /// <param name="runs">How many, unless the environment says otherwise.</param>
    /// <param name="open">Opens the stores to compare, on an empty database of a harness of its own.</param>
    /// <param name="scans">Whether answers are compared with what the rows tell, too.</param>
    /// <returns>What went wrong, with the seed and the shortest sequence; null when nothing did.</returns>
    public static async Task<string?> FindAsync(
        StoreHarness harness, int runs, Func<Task<ModelSubject>> open, bool scans)
    {
        foreach (var seed in Seeds(runs))
        {
            var sessions = 2 + (seed % 3);
            var commands = ModelCommand.Generate(seed, Steps);
            if (await PlayAsync(open, scans, sessions, commands) is not null)
            {
                var shortest = await Shrinking.ShrinkAsync(commands, async shorter =>
                    await PlayAsync(open, scans, sessions, shorter) is null ? null : shorter);
                return Describe(harness, seed, shortest, await PlayAsync(open, scans, sessions, shortest));
            }
        }

        return null;
    }

    /// <summary>Plays rounds of calls made at once until one is not explained by any order.</summary>
    /// <param name="harness">Tells what command runs the case again.</param>
    /// <param name="runs">How many, unless the environment says otherwise.</param>
    /// <param name="open">Opens the store under test, on an empty database of a harness of its own.</param>
    /// <param name="patience">How long what went wrong is made shorter, by default a minute.</param>
    /// <returns>What went wrong, with the seed and the shortest sequence; null when nothing did.</returns>
    public static Task<string?> FindUnexplainedAsync(
        StoreHarness harness, int runs, Func<Task<ModelSubject>> open, TimeSpan? patience = null) => FindAsync(
        harness,
        runs,
        open,
        static (subject, sessions) => new ConcurrentWorld(
            subject.Harness.Clock, subject.Sides[0], sessions, subject.Harness.WritesSideBySide),
        patience);

    /// <summary>Plays rounds in which sessions claim and sweep beside everything else, until one goes wrong.</summary>
    /// <inheritdoc cref="FindUnexplainedAsync"/>
    public static Task<string?> FindInCrowdAsync(
        StoreHarness harness, int runs, Func<Task<ModelSubject>> open) => FindAsync(
        harness,
        runs,
        open,
        static (subject, sessions) => new CrowdWorld(subject.Harness.Clock, subject.Sides[0], sessions),
        patience: null);

    /// <summary>Fails with all of what was found.</summary>
    public static void AssertNone(string? found) => Assert.True(found is null, found);

    private static async Task<string?> FindAsync(
        StoreHarness harness,
        int runs,
        Func<Task<ModelSubject>> open,
        Func<ModelSubject, int, IConcurrentWorld> create,
        TimeSpan? patience)
    {
        foreach (var seed in Seeds(runs))
        {
            var run = new ConcurrentRun(open, create, 2 + (seed % 3), patience ?? TimeSpan.FromMinutes(1));
            if (await run.FindAsync(seed) is { } found)
            {
                // The seed tells what is called; how the calls meet may differ the next time.
                return $"{Command(harness, seed)}\n{found}";
            }
        }

        return null;
    }

    /// <summary>A long run has more of them.</summary>
    private static IEnumerable<int> Seeds(int runs)
    {
        var many = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1" ? runs * 20 : runs;
        return Enumerable.Range(FromEnvironment("HYDRA_MODEL_SEED", 1), FromEnvironment("HYDRA_MODEL_RUNS", many));
    }

    private static string Command(StoreHarness harness, int seed) =>
        $"Seed {seed}: HYDRA_MODEL_SEED={seed} HYDRA_MODEL_RUNS=1 {harness.CommandFor(CaseContext.Name)}";

    private static int FromEnvironment(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;

    /// <summary>Plays one sequence, and tells how it failed.</summary>
    private static async Task<string?> PlayAsync(
        Func<Task<ModelSubject>> open, bool scans, int sessions, List<ModelCommand> commands)
    {
        await using var subject = await open();
        var world = new ModelWorld(subject, scans, sessions);
        var step = -1;
        try
        {
            await world.BeginAsync();
            for (step = 0; step < commands.Count; step++)
            {
                await world.StepAsync(commands[step]);
            }

            await world.EndAsync();
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return $"step {step}: {(exception is ModelDifferenceException ? exception.Message : exception)}";
        }
    }

    private static string Describe(
        StoreHarness harness, int seed, List<ModelCommand> commands, string? failure)
    {
        var text = new StringBuilder(Command(harness, seed)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"{commands.Count} steps:\n");
        foreach (var command in commands)
        {
            text.Append("  ").Append(command).Append('\n');
        }

        return text.Append(failure).ToString();
    }
}
