using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>Today's code over recorded executions, without effects: what matches, and what differs where.</summary>
public class ReplayReportTests
{
    private int _began;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_code_matches_and_stands_where_the_execution_stands()
    {
        var (report, runs) = await ReplayAsync(Steps("charge", "ship"), Steps("charge", "ship"));

        Assert.Equal((ReplayVerdict.Matches, null, 0), (report.Verdict, report.Difference, runs));
        var step = Assert.Single(report.Steps);
        Assert.Equal(("charge", "charge", true), (step.Recorded.Key, step.Issued?.Key, step.IsEqual));
        var call = Assert.Single(report.Calls);
        Assert.Equal((EntryKind.Sleep, "sleep", 1, 0), (call.Kind, call.Key, call.Position, call.Ordinal));
        Assert.Equal((null, null), (report.RecordedEnd, report.FoundEnd));
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public async Task All_that_are_live_are_looked_at_unless_a_limit_is_given()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var ids = new HashSet<ExecutionId>();
        for (var i = 0; i < 1_001; i++)
        {
            ids.Add((await client.StartAsync("test", default, null, Token)).Id);
        }

        var all = await client.SelectAsync(cancellationToken: Token).ToListAsync(Token);
        var some = await client.SelectAsync(new() { Limit = 7 }, Token).ToListAsync(Token);

        Assert.Equal(ids, all.Select(static row => row.Id).ToHashSet());
        Assert.Equal(7, some.Count);
    }

    [Fact]
    public async Task A_renamed_step_is_found_with_both_names_and_inputs()
    {
        var (report, runs) = await ReplayAsync(Steps("charge", "ship"), Steps("debit", "ship"));

        Assert.Equal((ReplayVerdict.Differs, 0), (report.Verdict, runs));
        Assert.Contains("step 'charge' at seq 1, but the code awaits step 'debit'", report.Difference);
        var step = Assert.Single(report.Steps);
        Assert.Equal((1L, "charge", "debit", false), (
            step.Recorded.Seq, step.Recorded.Key, step.Issued?.Key, step.IsEqual));
        Assert.Equal(("7", "7"), (step.Recorded.Input.Text(), step.Issued!.Input.Text()));
    }

    [Fact]
    public async Task Another_input_is_found_with_both_values()
    {
        var (report, _) = await ReplayAsync(WithInput(5), WithInput(6));

        Assert.Equal(ReplayVerdict.Differs, report.Verdict);
        Assert.Contains("The input of step 'charge' at seq 1 was 5, but the code gives it 6", report.Difference);
        Assert.Equal("6", report.Steps[^1].Issued!.Input.Text());
    }

    [Fact]
    public async Task An_output_that_today_s_type_cannot_read_is_unreadable()
    {
        var (report, _) = await ReplayAsync(
            Run(context => context.StepAsync("load", _ => Task.FromResult("text"))),
            Run(context => context.StepAsync("load", _ => Task.FromResult(5))));

        Assert.Equal(ReplayVerdict.Unreadable, report.Verdict);
        Assert.Contains("output of step 'load' at seq 1 cannot be read", report.Difference);
        Assert.Equal(("load", false), (report.Steps[^1].Recorded.Key, report.Steps[^1].IsEqual));
    }

    [Fact]
    public async Task An_input_that_today_s_type_cannot_read_is_unreadable()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext context, string _) => Sleep(context), "text");
        await world.RestAsync();

        var report = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow(
            "test", (WorkflowContext context, int _) => Sleep(context)));

        Assert.Equal(ReplayVerdict.Unreadable, report.Verdict);
        Assert.Contains("The input of the workflow cannot be read", report.Difference);
    }

    [Fact]
    public async Task Code_that_fails_before_what_is_recorded_says_with_what()
    {
        var (report, _) = await ReplayAsync(
            Steps("charge"), (_, _) => throw new InvalidOperationException("No card reader."));

        Assert.Equal(ReplayVerdict.Differs, report.Verdict);
        Assert.Contains("ended, but its journal goes on with step 'charge' at seq 1", report.Difference);
        Assert.Contains("System.InvalidOperationException: No card reader.", report.Difference);
    }

    [Fact]
    public async Task A_class_that_needs_a_service_which_is_not_there_cannot_run()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Steps("charge"), 0);
        await world.RestAsync();

        var report = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow<Needy>("test"));

        Assert.Equal(ReplayVerdict.CannotRun, report.Verdict);
        Assert.Contains("needs the service IFormatProvider", report.Difference);
    }

    [Fact]
    public async Task A_workflow_that_is_not_registered_is_told()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Steps("charge"), 0);
        await world.RestAsync();

        var report = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow("tests", Steps("charge")));

        Assert.Equal(ReplayVerdict.UnknownWorkflow, report.Verdict);
        Assert.Contains("No workflow 'test' is registered here", report.Difference);
        Assert.Contains("Registered: tests.", report.Difference);
    }

    [Theory]
    [InlineData(2, 2, ReplayVerdict.Matches)]
    [InlineData(2, 3, ReplayVerdict.Differs)]
    public async Task The_end_of_an_ended_one_is_compared(int recorded, int found, ReplayVerdict verdict)
    {
        var (report, _) = await ReplayAsync(Ends(recorded), Ends(found));

        Assert.Equal(verdict, report.Verdict);
        Assert.Equal((ExecutionState.Completed, $"{recorded}"), (
            report.RecordedEnd!.State, report.RecordedEnd.Output.Text()));
        Assert.Equal((ExecutionState.Completed, $"{found}"), (report.FoundEnd!.State, report.FoundEnd.Output.Text()));
        Assert.Equal(
            verdict == ReplayVerdict.Matches ? null : "The execution completed with 2, but the code completed with 3.",
            report.Difference);
    }

    [Fact]
    public async Task Code_that_goes_on_where_the_execution_ended_differs()
    {
        var (report, runs) = await ReplayAsync(Ends(1), async (context, _) =>
        {
            await context.StepAsync("one", 7, (_, _) => Body());
            return await context.StepAsync("two", 8, (_, _) => Task.FromResult(2));
        });

        Assert.Equal((ReplayVerdict.Differs, 0), (report.Verdict, runs));
        Assert.Equal("The execution completed with 1, but the code goes on and awaits step 'two'.", report.Difference);
    }

    [Fact]
    public async Task A_failure_matches_by_its_type_and_message()
    {
        var (same, _) = await ReplayAsync(Fails("no"), Fails("no"));
        var (other, _) = await ReplayAsync(Fails("no"), Fails("never"));

        Assert.Equal((ReplayVerdict.Matches, ExecutionState.Failed), (same.Verdict, same.FoundEnd!.State));
        Assert.Equal(ReplayVerdict.Differs, other.Verdict);
        Assert.Contains("failed with System.InvalidOperationException: no, but the code failed with", other.Difference);
    }

    [Fact]
    public async Task What_a_person_has_cancelled_matches_with_what_its_code_made_of_it()
    {
        await using var world = new World();
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            try
            {
                await context.SleepAsync(TimeSpan.FromMinutes(5));
            }
            finally
            {
                await context.StepAsync("clean", _ => Body());
            }

            return 1;
        };
        var handle = await world.StartAsync(run, 0);
        await world.RestAsync();
        await world.Until(handle.CancelAsync(Token));
        await world.EndOf(handle);

        var report = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow("test", run));

        Assert.Equal((ReplayVerdict.Matches, null), (report.Verdict, report.Difference));
        Assert.Equal(ExecutionState.Cancelled, report.FoundEnd!.State);
        Assert.Equal([EntryKind.Cancellation, EntryKind.Step], report.Steps.Select(step => step.Recorded.Kind));
    }

    [Fact]
    public async Task What_was_terminated_matches_where_it_stood()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Steps("charge"), 0);
        await world.RestAsync();
        await world.Until(handle.TerminateAsync("enough", Token));

        var report = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow("test", Steps("charge")));

        Assert.Equal((ReplayVerdict.Matches, null), (report.Verdict, report.Difference));
        Assert.Equal(ExecutionState.Cancelled, report.RecordedEnd!.State);
    }

    [Fact]
    public async Task What_was_delivered_before_an_attempt_failed_is_replayed_in_the_next()
    {
        await using var world = new World();
        var fails = true;
        var delivered = new TaskCompletionSource();
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            var kept = KeepAsync(context);
            var failing = context.StepAsync(
                "failing",
                async _ =>
                {
                    await delivered.Task;
                    return fails ? throw new InvalidOperationException("no") : 2;
                },
                new() { Retry = RetryPolicy.None });
            return await failing + await kept;
        };
        var handle = await world.StartAsync(run, 0, new() { RetryBackoff = TimeSpan.FromMinutes(1) });
        await world.RestAsync();
        var between = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow("test", run));
        fails = false;
        await world.OpenAsync(run);
        await world.EndOf(handle);

        var after = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow("test", run));

        Assert.Equal((ReplayVerdict.Matches, ReplayVerdict.Matches), (between.Verdict, after.Verdict));
        Assert.Equal("failing", Assert.Single(between.Calls).Key);
        Assert.Equal("3", after.FoundEnd!.Output.Text());

        async Task<int> KeepAsync(WorkflowContext context)
        {
            var kept = await context.StepAsync("kept", _ => Body());
            delivered.TrySetResult();
            return kept;
        }
    }

    [Fact]
    public async Task What_is_tried_and_not_called_any_more_is_warned_of()
    {
        await using var world = new World();
        Func<WorkflowContext, int, Task<int>> Calling(string name) => (context, _) => context.StepAsync<int, int>(
            name,
            7,
            (_, _) => throw new InvalidOperationException("no"),
            new() { Retry = new() { Backoff = TimeSpan.FromHours(1), MaxBackoff = TimeSpan.FromHours(1) } });
        var handle = await world.StartAsync(Calling("old"), 0);
        await world.RestAsync();

        var report = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow("test", Calling("new")));

        Assert.Equal(ReplayVerdict.Matches, report.Verdict);
        Assert.Contains("The step 'old' has begun or been tried, and today's code does not call it.", report.Warnings);
        Assert.Contains("The execution waits for 'old', and today's code does not.", report.Warnings);
    }

    [Fact]
    public async Task Code_that_never_yields_is_told_in_time_and_other_replays_go_on()
    {
        using var comesBack = new ManualResetEventSlim();
        await using var engine = await HydraEngine.OpenAsync(
            hydra => hydra.UseInMemory()
                .AddWorkflow("stuck", async (WorkflowContext context, int _) =>
                {
                    await context.StepAsync("one", _ => Body());
                    comesBack.Wait(Token);
                    return 1;
                })
                .AddWorkflow("fine", (WorkflowContext context, int _) => Sleep(context)),
            Token);
        await engine.Client.Workflow<int, int>("fine").StartAsync(0, cancellationToken: Token);
        var stuck = await engine.Client.Workflow<int, int>("stuck").StartAsync(0, cancellationToken: Token);
        var details = await stuck.DescribeAsync(Token);
        details = details with { Journal = [.. details.Journal, Outcome(1, "one", "1")] };

        var report = await ((HydraClient)engine.Client).ReplayAsync(
            details, new() { Patience = TimeSpan.FromMilliseconds(200) }, Token);
        var fine = await engine.Client.ReplayAsync(new() { Workflow = "fine" }, cancellationToken: Token)
            .ToListAsync(Token);
        comesBack.Set();

        Assert.Equal((ReplayVerdict.NeverYields, ReplayVerdict.Matches), (report.Verdict, fine.Single().Verdict));
        Assert.Contains("without awaiting anything", report.Difference);
    }

    [Fact]
    public async Task All_live_executions_are_replayed_and_counted()
    {
        await using var world = new World();
        var client = await world.OpenAsync(hydra => hydra
            .AddWorkflow("good", Steps("a"))
            .AddWorkflow("bad", Steps("a"))
            .AddWorkflow("ended", Ends(1))
            .AddWorkflow("gone", Steps("a")));
        foreach (var name in (string[])["good", "bad", "good", "ended", "gone"])
        {
            await world.Until(client.Workflow<int, int>(name).StartAsync(0, cancellationToken: Token));
        }

        await world.RestAsync();
        var today = await world.OpenAsync(
            hydra => hydra
                .AddWorkflow("good", Steps("a"))
                .AddWorkflow("bad", Steps("b"))
                .AddWorkflow("ended", Ends(2)),
            worker: null);
        var summary = new ReplaySummary();
        await foreach (var report in today.ReplayAsync(cancellationToken: Token))
        {
            summary.Add(report);
        }

        Assert.Equal((4, 2), (summary.Total, summary.Broken));
        Assert.Equal(
            [
                new("bad", ReplayVerdict.Differs, 1),
                new("gone", ReplayVerdict.UnknownWorkflow, 1),
                new("good", ReplayVerdict.Matches, 2),
            ],
            summary.Counts);
        Assert.Single(await today.ReplayAsync(new() { Limit = 1 }, cancellationToken: Token).ToListAsync(Token));
        Assert.Equal(
            ReplayVerdict.Differs,
            Assert.Single(await today.ReplayAsync(
                new() { State = ExecutionState.Completed }, cancellationToken: Token).ToListAsync(Token)).Verdict);
    }

    private static JournalEntry Outcome(long seq, string key, string json) => new()
    {
        Seq = seq,
        Kind = EntryKind.Step,
        Key = key,
        Output = Payload.Create(System.Text.Encoding.UTF8.GetBytes(json)),
        At = new Instant(1),
        Epoch = 1,
    };

    private Func<WorkflowContext, int, Task<int>> Steps(params string[] names) => Run(async context =>
    {
        foreach (var name in names)
        {
            await context.StepAsync(name, 7, (_, _) => Body());
            await context.SleepAsync(TimeSpan.FromMinutes(1));
        }
    });

    private Func<WorkflowContext, int, Task<int>> WithInput(int input) =>
        Run(context => context.StepAsync("charge", input, (_, _) => Body()));

    private Func<WorkflowContext, int, Task<int>> Ends(int output) => async (context, _) =>
    {
        await context.StepAsync("one", 7, (_, _) => Body());
        return output;
    };

    private Func<WorkflowContext, int, Task<int>> Fails(string message) => async (context, _) =>
    {
        await context.StepAsync("one", 7, (_, _) => Body());
        throw new InvalidOperationException(message, new NonRetryableException("at all"));
    };

    private static Func<WorkflowContext, int, Task<int>> Run(Func<WorkflowContext, Task> run) => async (context, _) =>
    {
        await run(context);
        return await Sleep(context);
    };

    private static async Task<int> Sleep(WorkflowContext context)
    {
        await context.SleepAsync(TimeSpan.FromMinutes(1));
        return 1;
    }

    /// <summary>
    /// Records with one code for five seconds, replays with another, and counts the bodies that began.
    /// </summary>
    private async Task<(ReplayReport Report, int Runs)> ReplayAsync(
        Func<WorkflowContext, int, Task<int>> recorded, Func<WorkflowContext, int, Task<int>> found)
    {
        await using var world = new World();
        var handle = await world.StartAsync(recorded, 0);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await world.CloseAsync();
        var began = _began;
        var report = await ReplayAsync(world, handle.Id, hydra => hydra.AddWorkflow("test", found));
        return (report, _began - began);
    }

    /// <summary>Replays over a store that takes nothing but reads, and sees that nothing has changed.</summary>
    private static async Task<ReplayReport> ReplayAsync(World world, ExecutionId id, Action<HydraBuilder> configure)
    {
        await using var store = new InMemoryWorkflowStore(world.Database, "default");
        var watched = new WatchedStore(store)
        {
            Before = (name, _) => throw new InvalidOperationException($"A replay called {name}."),
        };
        var client = await world.OpenAsync(
            hydra =>
            {
                hydra.UseStore(_ => watched);
                configure(hydra);
            },
            worker: null);
        var before = ExecutionJson.Format(await client.Execution(id).DescribeAsync(Token));
        var report = await world.Until(client.Execution(id).ReplayAsync(cancellationToken: Token));
        Assert.Equal(before, ExecutionJson.Format(await client.Execution(id).DescribeAsync(Token)));
        return report;
    }

    private Task<int> Body()
    {
        Interlocked.Increment(ref _began);
        return Task.FromResult(1);
    }

    private sealed class Needy(IFormatProvider provider) : IWorkflow<int, int>
    {
        public Task<int> RunAsync(WorkflowContext context, int input) =>
            Task.FromResult(input.ToString(provider).Length);
    }
}
