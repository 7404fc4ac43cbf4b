using System.Globalization;
using System.Reflection;
using Hydra.Engine;
using Hydra.Tests.Support;
using Hydra.Tests.Tidy;
using Microsoft.Extensions.Logging;

namespace Hydra.Tests.Observing;

public class LogTests
{
    private const string Canary = "canary-4711";

    private static readonly int[] Expected = [20, 21, 23, 24, 25, 26, 27, 30, 35];

    [Fact]
    public void Every_message_has_an_id_of_its_own()
    {
        var ids = Ids();

        Assert.InRange(ids.Count, 20, 200);
        Assert.All(ids, id => Assert.InRange(id, 1, 999));
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void The_guide_tells_of_each_message()
    {
        var guide = File.ReadAllText(Path.Combine(SourceTree.Root, "docs/guides/observability.md"));
        var table = guide[guide.IndexOf("| ids | level | about |", StringComparison.Ordinal)..];
        var told = table[..table.IndexOf("\n\n", StringComparison.Ordinal)].Split('\n').Skip(2)
            .SelectMany(static row => row.Split('|')[1].Split([',', '/', ' '], StringSplitOptions.RemoveEmptyEntries))
            .Select(static id => int.Parse(id, CultureInfo.InvariantCulture));

        Assert.Equal(Ids().Order(), told.Order());
    }

    private static List<int> Ids() =>
    [
        .. typeof(EngineLog).GetMethods()
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .Select(static message => message.EventId),
    ];

    [Fact]
    public async Task No_log_span_or_metric_shows_what_payloads_hold_whatever_goes_wrong()
    {
        using var meters = new Meters();
        using var spans = new SpanBook();
        await using var world = new World();
        var handles = new List<ExecutionHandle>();
        var client = await world.OpenAsync<(string, string), string>(
            Run, configure: hydra => hydra.Services = meters.Services);
        foreach (var how in new[] { "fail", "cycle", "sleep", "cancel", "timeout" })
        {
            handles.Add(await world.Until(client.Workflow<(string, string), string>("test").StartAsync(
                (how, Canary),
                new()
                {
                    Key = $"{how}-{Canary}",
                    MaxAttempts = 2,
                    Timeout = how == "timeout" ? TimeSpan.FromMinutes(2) : null,
                })));
        }

        await world.PassAsync(TimeSpan.FromSeconds(20));
        await handles[3].CancelAsync();
        await world.CrashAsync();
        var changed = await world.OpenAsync(
            async (WorkflowContext context, (string How, string Secret) input) =>
            {
                await context.StepAsync("other", input, (_, _) => Task.FromResult(Canary + "2")); // No longer the code.
                return Canary;
            },
            configure: hydra => hydra.Services = meters.Services);
        await world.PassAsync(TimeSpan.FromMinutes(5));
        await changed.Execution(handles[2].Id).TerminateAsync($"because of {Canary}");

        var log = world.Log.ToString();
        Assert.All(Expected, id => Assert.Contains($" {id}:", log, StringComparison.Ordinal));
        Assert.DoesNotContain(Canary, log, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, SpanBook.Text(handles.SelectMany(spans.Of)), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, meters.Text, StringComparison.Ordinal);
    }

    private static async Task<string> Run(WorkflowContext context, (string How, string Secret) input)
    {
        var kept = await context.StepAsync("keep", input.Secret, (secret, _) => Task.FromResult(secret));
        switch (input.How)
        {
            case "fail":
                await context.StepAsync<string>(
                    "fail",
                    _ => throw new InvalidOperationException($"with {kept}", new ArgumentException(kept)),
                    new() { Retry = new() { MaxAttempts = 2 } });
                break;
            case "cycle":
                await context.StepAsync("cycle", _ => Task.FromResult(new Cycle(kept)));
                break;
            case "timeout" or "cancel":
                context.CancellationToken.Register(
                    () => throw new InvalidOperationException($"with {kept}", new ArgumentException(kept)));
                await context.StepAsync("hold", kept, async (_, token) =>
                {
                    await Task.Delay(Timeout.Infinite, token);
                    return kept;
                });
                break;
            default:
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                break;
        }

        return kept;
    }

    private sealed class Cycle(string name)
    {
        public string Name => name;

        public Cycle Self => this;
    }
}
