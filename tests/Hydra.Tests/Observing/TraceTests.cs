using System.Diagnostics;
using Hydra.Engine.Observing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Observing;

public class TraceTests
{
    [Fact]
    public async Task The_trace_of_the_starter_goes_on_in_the_process_that_runs_the_execution()
    {
        using var spans = new SpanBook();
        await using var world = new World();
        Activity? inCode = null;
        Activity? inBody = null;
        var client = await world.OpenAsync(_ => { }, worker: null);
        await world.OpenAsync(async (WorkflowContext context, int _) =>
        {
            inCode ??= Activity.Current;
            await context.StepAsync("charge", _ =>
            {
                inBody = Activity.Current;
                return Task.FromResult(1);
            });
            await context.SleepAsync(TimeSpan.FromHours(1));
            return await context.StepAsync("ship", _ => Task.FromResult(2));
        });

        ExecutionHandle<int> handle;
        var request = spans.Request();
        using (request)
        {
            handle = await world.Until(client.Workflow<int, int>("test").StartAsync(1));
        }

        await world.EndOf(handle);

        var all = spans.Of(handle);
        Assert.Equal(
            ["start test", "run test", "step charge", "run test", "step ship"],
            all.OrderBy(span => span.DisplayName.StartsWith("start", StringComparison.Ordinal) ? 0 : 1)
                .ThenBy(span => span.StartTimeUtc).Select(span => span.DisplayName));
        var start = all.Single(span => span.DisplayName == "start test");
        var first = all.First(span => span.DisplayName == "run test");
        var second = all.Last(span => span.DisplayName == "run test");
        Assert.Equal((request.TraceId, request.SpanId), (start.TraceId, start.ParentSpanId));
        Assert.Equal((request.TraceId, start.SpanId), (first.TraceId, first.ParentSpanId));
        Assert.Equal(first.SpanId, all.Single(span => span.DisplayName == "step charge").ParentSpanId);
        Assert.NotEqual(request.TraceId, second.TraceId);
        Assert.Equal(default, second.ParentSpanId);
        var link = Assert.Single(second.Links).Context;
        Assert.Equal((start.TraceId, start.SpanId), (link.TraceId, link.SpanId));
        Assert.Equal(second.SpanId, all.Single(span => span.DisplayName == "step ship").ParentSpanId);
        Assert.Equal("suspended", first.GetTagItem("hydra.outcome"));
        Assert.Equal("completed", second.GetTagItem("hydra.outcome"));
        Assert.Same(first, inCode);
        Assert.Equal("step charge", inBody!.DisplayName);
    }

    [Fact]
    public async Task Failures_show_their_type_and_never_their_message()
    {
        using var spans = new SpanBook();
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync<int>(
                "charge",
                _ => throw new InvalidOperationException("card 4711"),
                new() { Retry = new() { MaxAttempts = 1 } }),
            0,
            new() { MaxAttempts = 2 });

        await world.EndOf(handle);

        var all = spans.Of(handle);
        var runs = all.Where(span => span.DisplayName == "run test").ToList();
        Assert.Equal(["retry", "failed"], runs.Select(run => run.GetTagItem("hydra.outcome")));
        Assert.All(runs, run => Assert.Equal("Hydra.StepFailedException", run.GetTagItem("error.type")));
        Assert.Equal([1, 2], runs.Select(run => run.GetTagItem("hydra.attempt")));
        var step = all.First(span => span.DisplayName == "step charge");
        Assert.Equal(ActivityStatusCode.Error, step.Status);
        Assert.Equal("System.InvalidOperationException", step.GetTagItem("error.type"));
        Assert.DoesNotContain("4711", SpanBook.Text(all), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_worker_takes_over_is_a_root_that_is_linked_to_the_start()
    {
        using var spans = new SpanBook();
        await using var world = new World();
        var handle = await world.StartAsync(Hold, 0);
        await world.RestAsync();
        await world.CrashAsync();

        await world.OpenAsync((WorkflowContext _, int _) => Task.FromResult(1));
        var next = world.Clients[0].Execution<int>(handle.Id);
        await world.Until(next.WaitAsync());

        var start = spans.Of(handle).Single(span => span.DisplayName == "start test");
        var run = spans.Of(handle).Last(span => span.DisplayName == "run test");
        Assert.Equal(default, run.ParentSpanId);
        Assert.Equal(start.SpanId, Assert.Single(run.Links).Context.SpanId);

        static Task<int> Hold(WorkflowContext context, int number) => context.StepAsync("hold", async token =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return number;
        });
    }

    [Fact]
    public async Task The_trace_is_kept_with_the_execution_whether_or_not_somebody_listens_to_the_engine()
    {
        await using var world = new World();
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        request.TraceStateString = "vendor=1";
        var handle = await world.StartAsync((WorkflowContext _, int _) => Task.FromResult(1), 0);

        var details = await world.EndOf(handle);

        var kept = TraceContext.Read(details.Journal[0].Key);
        Assert.Equal((request.TraceId, "vendor=1"), (kept!.Value.TraceId, kept.Value.TraceState));
        Assert.Contains(details.Journal[0].Key, ExecutionJson.Format(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_that_looks_like_an_instant_of_a_schedule_is_none()
    {
        await using var world = new World();
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        request.TraceStateString = "vendor=a#2026-01-01T00:00:00Z";
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => Task.FromResult($"{context.Schedule}"), 0);
        await world.EndOf(handle);
        request.Stop();

        var rerun = await world.Until(handle.RerunAsync());

        Assert.Equal("", await world.Until(handle.ResultAsync()));
        Assert.Equal("", TraceContext.Read((await world.EndOf(rerun)).Journal[0].Key)?.TraceState ?? "");
        var kept = TraceContext.Read((await world.EndOf(handle)).Journal[0].Key);
        Assert.Equal("vendor=a#2026-01-01T00:00:00Z", kept!.Value.TraceState);
    }

    [Theory]
    [InlineData("")]
    [InlineData("charge")]
    [InlineData("00-00000000000000000000000000000000-0000000000000000-01")]
    public void What_is_no_trace_is_none(string text) => Assert.Null(TraceContext.Read(text));

    [Fact]
    public void A_state_that_does_not_fit_is_left_out()
    {
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        request.TraceStateString = "vendor=" + new string('x', 500);

        Assert.Equal(request.Id, TraceContext.Capture());
    }
}
