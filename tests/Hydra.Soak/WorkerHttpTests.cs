using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The worker host as whoever probes and scrapes it sees it.</summary>
[Collection(nameof(Alone))]
public partial class WorkerHttpTests : SceneTest
{
    private static readonly (string, string) Address = ("ASPNETCORE_URLS", "http://127.0.0.1:0");

    [Fact]
    public async Task The_metrics_are_those_of_what_was_run_and_it_is_healthy_and_ready()
    {
        const string Fails = """{"commands":[{"op":"step","name":"a"},{"op":"fail","message":"no"}]}""";
        const string Works = """
            {"commands":[{"op":"step","name":"a","failTimes":1},{"op":"repeat","times":2,"commands":[
              {"op":"step","name":"b"}]},{"op":"sleep","millis":20}]}
            """;
        using var http = await ConnectAsync(await Scene.StartReadyWorkerAsync("w1", Address));
        var client = await Scene.OpenClientAsync();
        var handles = new List<ExecutionHandle>();
        for (var i = 0; i < 10; i++)
        {
            var script = Payload.Create(Encoding.UTF8.GetBytes(i == 0 ? Fails : Works));
            handles.Add(await client.StartAsync("scripted", script, new() { MaxAttempts = 1 }, Cancellation));
        }

        foreach (var handle in handles)
        {
            await handle.WaitAsync(Cancellation);
        }

        var metrics = await http.GetStringAsync("/metrics", Cancellation);

        const string Scripted = "namespace=\"default\",workflow=\"scripted\"";
        Assert.Equal(9, Value(metrics, $"hydra_workflows_total{{{Scripted},status=\"completed\"}}"));
        Assert.Equal(1, Value(metrics, $"hydra_workflows_total{{{Scripted},status=\"failed\"}}"));
        Assert.Equal(9, Value(metrics, $"hydra_workflow_duration_seconds_count{{{Scripted},status=\"completed\"}}"));
        Assert.Equal(0, Value(metrics, $"hydra_active_workflows{{{Scripted}}}"));
        Assert.Equal(
            10, Value(metrics, $"hydra_step_duration_seconds_count{{{Scripted},step=\"a\",status=\"completed\"}}"));
        Assert.Equal(
            9, Value(metrics, $"hydra_step_duration_seconds_count{{{Scripted},step=\"a\",status=\"failed\"}}"));
        Assert.Equal(
            18, Value(metrics, $"hydra_step_duration_seconds_count{{{Scripted},step=\"b\",status=\"completed\"}}"));
        Assert.Equal(9, Value(metrics, $"hydra_sleeps_total{{{Scripted}}}"));
        Assert.InRange(
            Value(metrics, "hydra_database_operations_total{namespace=\"default\",operation=\"commit\",status=\"ok\"}"),
            10,
            1_000);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/ready", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task An_execution_that_runs_is_active_and_one_that_sleeps_is_not()
    {
        const string Active = "hydra_active_workflows{namespace=\"default\",workflow=\"scripted\"}";
        using var http = await ConnectAsync(await Scene.StartReadyWorkerAsync("w1", Address));
        var client = await Scene.OpenClientAsync();
        foreach (var script in new[]
        {
            """{"commands":[{"op":"step","name":"long","millis":60000}]}""",
            """{"commands":[{"op":"step","name":"long","millis":60000}]}""",
            """{"commands":[{"op":"sleep","millis":60000}]}""",
        })
        {
            await client.StartAsync("scripted", Payload.Create(Encoding.UTF8.GetBytes(script)), null, Cancellation);
        }

        await Eventually.HoldsAsync("Two run and one sleeps", async () =>
            (await client.ListAsync(cancellationToken: Cancellation)).Select(row => row.State).Order()
                .SequenceEqual([ExecutionState.Running, ExecutionState.Running, ExecutionState.Sleeping]));

        Assert.Equal(2, Value(await http.GetStringAsync("/metrics", Cancellation), Active));
    }

    [Fact]
    public async Task Without_an_address_it_answers_no_HTTP_so_that_many_fit_on_one_machine()
    {
        var silent = await Scene.StartReadyWorkerAsync("w1");
        var serving = await Scene.StartReadyWorkerAsync("w2", Address);
        using var http = await ConnectAsync(serving);

        silent.Signal(UnixSignal.Terminate);
        serving.Signal(UnixSignal.Terminate);

        Assert.Equal((0, 0), (await silent.ExitAsync(), await serving.ExitAsync()));
        Assert.DoesNotContain("Now listening", silent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_told_in_words()
    {
        using var http = await ConnectAsync(await Scene.StartReadyWorkerAsync("w1", Address));

        var second = Scene.StartWorker("w2", ("ASPNETCORE_URLS", http.BaseAddress!.ToString()));

        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains("worker: Failed to bind", second.Error, StringComparison.Ordinal);
    }

    private static double Value(string metrics, string series) => double.Parse(
        metrics.Split('\n').Single(line => line.StartsWith(series + " ", StringComparison.Ordinal))[series.Length..],
        System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<HttpClient> ConnectAsync(ProgramProcess worker)
    {
        await Eventually.HoldsAsync("The worker listens", () => Listening().IsMatch(worker.Output));
        return new HttpClient { BaseAddress = new Uri(Listening().Match(worker.Output).Groups[1].Value) };
    }

    [GeneratedRegex("Now listening on: (http://[^ \n]+)")]
    private static partial Regex Listening();
}
