using System.Globalization;
using System.Text;
using System.Text.Json;
using Hydra.Soak.Histories;
using Hydra.Soak.Support;
using Hydra.Storage;

namespace Hydra.Soak.Chaos;

/// <summary>Starts scripted executions while workers are killed and stopped, and judges what became of them.</summary>
internal sealed class KillRun(Scene scene, KillPlan plan, ITestOutputHelper output)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(3);

    // Then no bound goes unjudged: a busy machine makes recoveries look longer, never shorter.
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task SurviveAsync()
    {
        var seed = Environment.GetEnvironmentVariable("HYDRA_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"HYDRA_SEED={seed}");
        var client = await scene.OpenClientAsync();
        var fleet = new Fleet(scene, new Random(seed), plan.Workers, plan.ClaimTimeout);
        var scripts = new ScriptGenerator(new Random(seed + 1), scene.EffectsFile);
        var canceller = new Canceller(client, new Random(seed + 4));
        var starter = new Starter(client, new Random(seed + 2), scripts, canceller);
        var outages = plan.Outages(fleet);
        var sampler = new Sampler(client, fleet, outages, starter, new Random(seed + 3));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        fleet.Start();
        await fleet.AreThereAsync(client);
        Task[] watching = [plan.WatchAsync(outages, over.Token), sampler.RunAsync(over.Token)];
        await Task.WhenAll(
            starter.StartAsync(plan.Executions, plan.Duration * 0.9, over.Token),
            fleet.HurtAsync(plan.Duration, over.Token),
            plan.HurtAsync(outages, over.Token));
        await AllAreTerminalAsync(client);
        await over.CancelAsync();
        await Task.WhenAll(watching);
        var codes = await fleet.EndAsync(client);
        var history = await ReadAsync(client, starter, canceller, sampler);

        var report = Report(seed, fleet, sampler, outages, history);
        output.WriteLine(report);
        Figures.Write(plan.Title, report);
        IEnumerable<string> wrong =
        [
            .. Oracle.Judge(history).Concat(sampler.WentBack).Concat(JudgeEnds(history, starter)).Select(Text),
            .. sampler.Unrecovered.Select(one => $"Never recovered: {one}."),
            .. codes.Where(code => code != 0).Select(code => $"A worker that was asked to end answered {code}."),
            .. plan.Complaints(),
        ];
        Assert.True(!wrong.Any(), $"{report}\n{scene.Root}\n{string.Join('\n', wrong.Take(50))}");
        Assert.True(!Full || sampler.Recoveries.Count > 0, $"Nothing had to recover.\n{report}");
        var judged = Full || sampler.KeptPace;
        Assert.True(!judged || Percentile(sampler, 0.99) <= plan.ClaimTimeout + Tolerance, report);
        Assert.True(history.Executions.Sum(execution => execution.Crashes) > 0, $"Nothing was hit.\n{report}");
    }

    private async Task AllAreTerminalAsync(IHydraClient client)
    {
        await Eventually.HoldsAsync(
            "Every execution is terminal",
            async () =>
            {
                var rows = await ListAsync(client);
                return rows.Count == plan.Executions && rows.All(row => row.State.IsTerminal());
            },
            withinSeconds: 90);
    }

    private async Task<History> ReadAsync(
        IHydraClient client, Starter starter, Canceller canceller, Sampler sampler)
    {
        var executions = new List<ObservedExecution>();
        var results = new List<ResultRecord>();
        var rows = await ListAsync(client);
        var statistics = await Patiently.ReadAsync(() => client.StatisticsAsync(cancellationToken: Cancellation));
        var counts = ObservedCounts.Of(starter.Acknowledged, starter.Asked, rows, statistics);
        foreach (var row in rows)
        {
            var handle = client.Execution(row.Id);
            var details = await Patiently.ReadAsync(() => handle.DescribeAsync(Cancellation));
            executions.Add(ObservedExecution.Parse(ExecutionJson.Format(details)));
            results.Add(await Patiently.ReadAsync(() => ResultAsync(handle)));
        }

        return new History
        {
            Starts = starter.Records,
            Cancels = canceller.Records,
            Counts = [.. sampler.Counts, counts],
            Executions = executions,
            Samples = sampler.Samples,
            Effects = scene.Effects(),
            Results = results,
        };
    }

    private static Task<IReadOnlyList<ExecutionRow>> ListAsync(IHydraClient client) =>
        Patiently.ReadAsync(() => client.ListAsync(new ExecutionFilter { Limit = 1_000 }, Cancellation));

    private static async Task<ResultRecord> ResultAsync(ExecutionHandle handle)
    {
        try
        {
            var payload = await handle.OutputAsync(Cancellation);
            return new(handle.Id.ToString(), "completed", Encoding.UTF8.GetString(payload.Data.Span));
        }
        catch (WorkflowFailedException e)
        {
            return new(handle.Id.ToString(), JsonNamingPolicy.CamelCase.ConvertName($"{e.State}"), null);
        }
    }

    /// <summary>What the scripts say: which executions fail, and what the others come to.</summary>
    private static IEnumerable<Violation> JudgeEnds(History history, Starter starter)
    {
        foreach (var execution in history.Executions)
        {
            var expected = starter.MustFail.Contains(execution.Id) ? "failed" : "completed";
            // The oracle judges those that were.
            var stopped = execution.State == "cancelled" || execution.Cancellation is not null;
            if (execution.State != expected && !stopped)
            {
                yield return new("Script", $"{execution.Id} is {execution.State} instead of {expected}.");
            }
            else if (execution.State == "completed" && !ScriptShape.Fits(execution.Input, execution.Output))
            {
                yield return new("Script", $"{execution.Id} came to {execution.Output} from {execution.Input}.");
            }
        }
    }

    private static string Report(
        int seed, Fleet fleet, Sampler sampler, IOutages outages, History history)
    {
        var states = history.Executions.GroupBy(execution => execution.State)
            .Select(group => $"{group.Count()} {group.Key}");
        var answers = history.Cancels.GroupBy(cancel => cancel.Answer)
            .Select(group => $"{group.Count()} {group.Key}");
        var heard = history.Executions.Count(execution => execution.Cancellation is not null);
        var entries = history.Executions.Sum(execution => execution.Entries.Count);
        var crashes = history.Executions.Sum(execution => execution.Crashes);
        var epoch = history.Executions.Max(execution => execution.Epoch);
        return string.Create(CultureInfo.InvariantCulture, $"""
            seed {seed}, {history.Executions.Count} executions ({string.Join(", ", states)})
            {history.Cancels.Count} asked to stop ({string.Join(", ", answers)}), {heard} heard of it
            {history.Starts.Count} starts, {entries} journal entries, {history.Effects.Count} side effects
            {crashes} crashes counted, highest epoch {epoch}
            {Line(Fault.Kill, fleet, sampler)}
            {Line(Fault.Stop, fleet, sampler)}
            {outages.Describe()}; {sampler.Rounds} samples{(sampler.KeptPace ? "" : ", too few to judge times by")}
            {history.Counts.Count} counts while nothing changed
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
