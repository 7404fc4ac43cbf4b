using System.Globalization;
using System.Text;
using Hydra.Soak.Chaos;
using Hydra.Soak.Histories;
using Hydra.Soak.Support;
using Hydra.Storage;

namespace Hydra.Soak;

/// <summary>Real processes on one file, really killed: whatever happens, every workflow ends as it should.</summary>
public class KillTests(ITestOutputHelper output) : SceneTest
{
    private const int Workers = 6;

    private static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(3);

    // A run of ten minutes when all the long runs are asked for.
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(Full ? 10 : 1);
    private static readonly int Executions = Full ? 900 : 300;

    [Fact]
    public async Task Workflows_survive_workers_that_are_killed_and_stopped_every_second()
    {
        var seed = Environment.GetEnvironmentVariable("HYDRA_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"HYDRA_SEED={seed}");
        var client = await Scene.OpenClientAsync();
        var fleet = new Fleet(Scene, new Random(seed), Workers, ClaimTimeout);
        var scripts = new ScriptGenerator(new Random(seed + 1), Scene.EffectsFile);
        var starter = new Starter(client, new Random(seed + 2), scripts);
        var probe = new LockProbe(() => fleet.StoppedProcesses);
        var sampler = new Sampler(client, fleet, probe, starter, new Random(seed + 3));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        fleet.Start();
        Task[] watching = [probe.RunAsync(over.Token), sampler.RunAsync(over.Token)];
        await Task.WhenAll(
            starter.StartAsync(Executions, Duration * 0.9, over.Token),
            fleet.HurtAsync(Duration, over.Token));
        await AllAreTerminalAsync(client);
        await over.CancelAsync();
        await Task.WhenAll(watching);
        var codes = await fleet.EndAsync(client);
        var history = await ReadAsync(client, starter, sampler);

        var report = Report(seed, fleet, sampler, probe, history);
        output.WriteLine(report);
        Figures.Write("Kill test", report);
        IEnumerable<string> wrong =
        [
            .. Oracle.Judge(history).Concat(sampler.WentBack).Concat(JudgeEnds(history, starter)).Select(Text),
            .. sampler.Unrecovered.Select(one => $"Never recovered: {one}."),
            .. codes.Where(code => code != 0).Select(code => $"A worker that was asked to end answered {code}."),
        ];
        Assert.True(!wrong.Any(), $"{report}\n{Scene.Root}\n{string.Join('\n', wrong.Take(50))}");
        Assert.True(Percentile(sampler, 0.99) <= ClaimTimeout + Tolerance, report);
        Assert.True(history.Executions.Sum(execution => execution.Crashes) > 0, $"Nothing was hit.\n{report}");
    }

    private static async Task AllAreTerminalAsync(IHydraClient client)
    {
        await Eventually.HoldsAsync(
            "Every execution is terminal",
            async () =>
            {
                var rows = await client.ListAsync(
                    new ExecutionFilter { Limit = 1_000 }, TestContext.Current.CancellationToken);
                return rows.Count == Executions && rows.All(row => row.State.IsTerminal());
            },
            withinSeconds: 90);
    }

    private async Task<History> ReadAsync(IHydraClient client, Starter starter, Sampler sampler)
    {
        var executions = new List<ObservedExecution>();
        var results = new List<ResultRecord>();
        var rows = await client.ListAsync(
            new ExecutionFilter { Limit = 1_000 }, TestContext.Current.CancellationToken);
        foreach (var row in rows)
        {
            var handle = client.Execution(row.Id);
            var details = await handle.DescribeAsync(TestContext.Current.CancellationToken);
            executions.Add(ObservedExecution.Parse(ExecutionJson.Format(details)));
            results.Add(await ResultAsync(handle));
        }

        return new History
        {
            Starts = starter.Records,
            Executions = executions,
            Samples = sampler.Samples,
            Effects = Scene.Effects(),
            Results = results,
        };
    }

    private static async Task<ResultRecord> ResultAsync(ExecutionHandle handle)
    {
        try
        {
            var payload = await handle.OutputAsync(TestContext.Current.CancellationToken);
            return new(handle.Id.ToString(), "completed", Encoding.UTF8.GetString(payload.Data.Span));
        }
        catch (WorkflowFailedException e)
        {
            return new(handle.Id.ToString(), e.State == ExecutionState.Failed ? "failed" : $"{e.State}", null);
        }
    }

    /// <summary>What the scripts say: which executions fail, and what the others come to.</summary>
    private static IEnumerable<Violation> JudgeEnds(History history, Starter starter)
    {
        foreach (var execution in history.Executions)
        {
            var expected = starter.MustFail.Contains(execution.Id) ? "failed" : "completed";
            if (execution.State != expected)
            {
                yield return new("Script", $"{execution.Id} is {execution.State} instead of {expected}.");
            }
            else if (execution.State == "completed" && !ScriptShape.Fits(execution.Input, execution.Output))
            {
                yield return new("Script", $"{execution.Id} came to {execution.Output} from {execution.Input}.");
            }
        }
    }

    private static string Report(int seed, Fleet fleet, Sampler sampler, LockProbe probe, History history)
    {
        var states = history.Executions.GroupBy(execution => execution.State)
            .Select(group => $"{group.Count()} {group.Key}");
        var entries = history.Executions.Sum(execution => execution.Entries.Count);
        var crashes = history.Executions.Sum(execution => execution.Crashes);
        var epoch = history.Executions.Max(execution => execution.Epoch);
        return string.Create(CultureInfo.InvariantCulture, $"""
            seed {seed}, {history.Executions.Count} executions ({string.Join(", ", states)})
            {history.Starts.Count} starts, {entries} journal entries, {history.Effects.Count} side effects
            {crashes} crashes counted, highest epoch {epoch}
            {Line(Fault.Kill, fleet, sampler)}
            {Line(Fault.Stop, fleet, sampler)}
            write lock held by stopped processes for {probe.Total.TotalSeconds:0.00} s; {sampler.Rounds} samples
            """);
    }

    private static string Line(Fault fault, Fleet fleet, Sampler sampler)
    {
        var took = sampler.Recoveries.Where(one => one.Fault == fault).Select(one => one.Took).Order().ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"{fault}: {fleet.Incidents.Count(incident => incident.Fault == fault)}, {took.Count} recoveries, "
            + $"p50 {Percentile(took, 0.5).TotalSeconds:0.00} s, p99 {Percentile(took, 0.99).TotalSeconds:0.00} s, "
            + $"max {Percentile(took, 1).TotalSeconds:0.00} s");
    }

    private static TimeSpan Percentile(Sampler sampler, double part) =>
        Percentile([.. sampler.Recoveries.Select(one => one.Took).Order()], part);

    private static TimeSpan Percentile(List<TimeSpan> sorted, double part) =>
        sorted.Count == 0 ? TimeSpan.Zero : sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * part) - 1)];

    private static string Text(Violation violation) => $"{violation.Invariant}: {violation.Message}";
}
