using Hydra.AspNetCore.Metrics;
using Hydra.AspNetCore.Tests.Support;
using OpenTelemetry.Metrics;

namespace Hydra.AspNetCore.Tests;

public class MetricsTests
{
    private static readonly string[] Documented =
    [
        "hydra_workflows_total", "hydra_workflow_duration_seconds", "hydra_active_workflows",
        "hydra_step_duration_seconds", "hydra_database_operations_total",
    ];

    private static readonly (string, string)[] Work = [("namespace", "shop"), ("workflow", "work")];
    private static readonly (string, string)[] Step = [.. Work, ("step", "one")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_documented_metric_moves_to_the_value_of_what_was_run()
    {
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await Site.StartAsync(hydra => Compose(hydra, async () =>
        {
            inside.TrySetResult();
            await go.Task;
        }));
        var before = await site.MetricsAsync();
        var running = await StartAsync(site, "hold");
        await inside.Task.WaitAsync(Cancellation);

        var during = await site.MetricsAsync();
        go.SetResult();
        await running.WaitAsync(Cancellation);
        for (var i = 0; i < 5; i++)
        {
            await (await StartAsync(site, "")).WaitAsync(Cancellation);
        }

        await (await StartAsync(site, "fail")).WaitAsync(Cancellation);
        var after = await site.MetricsAsync();

        Assert.Equal(Documented, Documented.Where(before.Types.ContainsKey)); // From the first scrape on.
        Assert.Equal(0, before.Value("hydra_workflows_total", [.. Work, ("status", "completed")]));
        Assert.Equal((0, 1, 0), (Active(before), Active(during), Active(after)));
        Assert.Equal(1, during.Value("hydra_slots_in_use", ("namespace", "shop")));
        Assert.Equal(6, after.Value("hydra_workflows_total", [.. Work, ("status", "completed")]));
        Assert.Equal(1, after.Value("hydra_workflows_total", [.. Work, ("status", "failed")]));
        Assert.Equal(6, after.Value("hydra_workflow_duration_seconds_count", [.. Work, ("status", "completed")]));
        Assert.True(after.Value("hydra_workflow_duration_seconds_sum", [.. Work, ("status", "completed")]) > 0);
        Assert.Equal(6, after.Value("hydra_step_duration_seconds_count", [.. Step, ("status", "completed")]));
        Assert.Equal(2, after.Value("hydra_step_duration_seconds_count", [.. Step, ("status", "failed")]));
        Assert.Equal(1, after.Value("hydra_step_retries_total", Step));
        var commits = after.Value("hydra_database_operations_total", ("operation", "commit"), ("status", "ok"));
        Assert.InRange(commits, 7, 100);
        Assert.Equal(0, after.Value("hydra_due_workflows", Work));
        Assert.Equal(0, after.Value("hydra_oldest_due_age_seconds", ("namespace", "shop")));
        Assert.Equal(1, after.Value("hydra_live_workers", ("namespace", "shop")));
        var grown = after.Growing();
        Assert.All(during.Growing(), sample => Assert.True(grown[sample.Key] >= sample.Value, sample.Key));

        static double Active(Exposition metrics) => metrics.Value("hydra_active_workflows", Work);
    }

    [Fact]
    public async Task The_exporter_of_OpenTelemetry_gives_the_same_names_types_labels_and_values()
    {
        await using var site = await Site.StartAsync(
            hydra => Compose(hydra),
            services => services.AddOpenTelemetry().WithMetrics(metrics => metrics
                .AddMeter("Hydra")
                .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0)),
            app =>
            {
                app.MapHydra();
                app.MapPrometheusScrapingEndpoint("/otel");
            });
        for (var i = 0; i < 3; i++)
        {
            await (await StartAsync(site, i == 0 ? "fail" : "")).WaitAsync(Cancellation);
        }

        var ours = await site.MetricsAsync();
        var theirs = await site.MetricsAsync("/otel");

        foreach (var name in ours.Types.Keys.Where(name => theirs.Types.ContainsKey(name)))
        {
            Assert.Equal(theirs.Types[name], ours.Types[name]);
        }

        Assert.All(Documented, name => Assert.Contains(name, theirs.Types.Keys));
        Assert.All(
            theirs.Types.Keys.Where(name => name.StartsWith("hydra_", StringComparison.Ordinal)),
            name => Assert.Contains(name, ours.Types.Keys));
        foreach (var name in Documented[..4]) // The fifth goes on growing: the worker beats and looks.
        {
            Assert.Equal(Series(theirs, name), Series(ours, name));
        }

        static SortedDictionary<string, double> Series(Exposition metrics, string name) => new(
            metrics.Samples
                .Where(sample => sample.Name.StartsWith(name, StringComparison.Ordinal)
                    && sample.Labels.GetValueOrDefault("namespace") == "shop" // Other tests have engines as well.
                    && !sample.Name.EndsWith("_sum", StringComparison.Ordinal)) // Rounded differently.
                .ToDictionary(
                    sample => Exposition.Key(sample.Name, sample.Labels
                        .Where(label => !label.Key.StartsWith("otel_", StringComparison.Ordinal))
                        .ToDictionary()),
                    sample => sample.Value),
            StringComparer.Ordinal);
    }

    [Fact]
    public async Task Two_sites_in_one_process_tell_of_themselves_alone()
    {
        await using var one = await Site.StartAsync(hydra => Compose(hydra));
        await using var other = await Site.StartAsync(hydra => Compose(hydra));
        await (await StartAsync(one, "")).WaitAsync(Cancellation);

        Assert.Equal(1, (await one.MetricsAsync()).Sum("hydra_workflows_total"));
        Assert.Equal(0, (await other.MetricsAsync()).Sum("hydra_workflows_total"));
    }

    [Fact]
    public async Task Metrics_are_plain_text_of_version_0_0_4_also_under_a_path_and_without_a_body_for_HEAD()
    {
        await using var site = await Site.StartAsync(hydra => Compose(hydra), map: app =>
        {
            app.UsePathBase("/base");
            app.UseRouting(); // Behind the base, as usual.
            app.MapHydra();
        });

        using var answer = await site.Http.GetAsync("/base/metrics", Cancellation);
        using var head = await site.Http.SendAsync(new(HttpMethod.Head, "/base/metrics"), Cancellation);
        using var post = await site.Http.PostAsync("/base/metrics", content: null, Cancellation);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal((200, 200, 405), ((int)answer.StatusCode, (int)head.StatusCode, (int)post.StatusCode));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("ready", (await site.AskAsync("/base/ready")).Says);
    }

    [Fact]
    public async Task Metrics_are_told_while_the_database_does_not_answer()
    {
        var held = new TaskCompletionSource();
        await using var site = await Site.StartAsync(hydra =>
        {
            Compose(hydra);
            hydra.UseStore(setup => new HeldQueries(
                new InMemoryWorkflowStore(new InMemoryDatabase(setup.TimeProvider), setup.Namespace), held.Task));
        });

        var metrics = await site.MetricsAsync();
        held.SetResult();

        Assert.Equal(20, metrics.Value("hydra_slots", ("namespace", "shop")));
        Assert.Empty(metrics.Find("hydra_due_workflows"));
    }

    [Theory]
    [InlineData("hydra.workflows", "{workflow}", MetricKind.Counter, "hydra_workflows_total")]
    [InlineData("hydra.step.duration", "s", MetricKind.Histogram, "hydra_step_duration_seconds")]
    [InlineData("9.lives--left", null, MetricKind.Gauge, "_lives_left")]
    [InlineData("some.bytes", "By", MetricKind.Counter, "some_bytes_total")]
    [InlineData("all.total", "", MetricKind.Counter, "all_total")]
    [InlineData("share", "1", MetricKind.Gauge, "share_ratio")]
    public void Names_are_those_that_OpenTelemetry_makes(string instrument, string? unit, object kind, string name) =>
        Assert.Equal(name, PrometheusText.Name(instrument, unit, (MetricKind)kind));

    [Fact]
    public void Values_of_labels_are_escaped()
    {
        var escaped = PrometheusText.Escape("a\\b\"c\nd");
        var read = Exposition.Parse($"# HELP m h\n# TYPE m gauge\nm{{l=\"{escaped}\"}} 1\n");

        Assert.Equal("""a\\b\"c\nd""", escaped);
        Assert.Equal("a\\b\"c\nd", read.Samples[0].Labels["l"]);
    }

    [Fact]
    public async Task Without_an_engine_there_is_nothing_to_map()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();

        var thrown = Assert.Throws<InvalidOperationException>(() => app.MapHydra());

        Assert.Contains("AddHydra", thrown.Message, StringComparison.Ordinal);
    }

    private static void Compose(HydraBuilder hydra, Func<Task>? hold = null)
    {
        hydra.Namespace = "shop";
        hydra.UseInMemory();
        hydra.AddWorkflow("work", (WorkflowContext context, string how) => context.StepAsync(
            "one",
            how,
            async (how, _) =>
            {
                if (how == "hold")
                {
                    await hold!();
                }

                return how == "fail" ? throw new InvalidOperationException("no") : 1;
            },
            new() { Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.FromMilliseconds(1) } }));
        hydra.AddWorker();
    }

    private static Task<ExecutionHandle<int>> StartAsync(Site site, string how) =>
        site.Client.Workflow<string, int>("work").StartAsync(how, new() { MaxAttempts = 1 }, Cancellation);
}
