using Hydra.Storage;
using Hydra.Testing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Observing;

public class MetricTests
{
    private const string Test = "namespace=default,workflow=test";

    [Fact]
    public async Task What_runs_to_its_end_moves_each_documented_metric_to_the_right_value()
    {
        using var meters = new Meters();
        await using var world = new World();
        var active = 0.0;
        var slots = 0.0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int number) =>
            {
                var tries = 0;
                await context.StepAsync("charge", number, (_, _) => Task.FromResult(1));
                await context.StepAsync("charge", number, (_, _) =>
                {
                    active = meters.Gauge("hydra.active_workflows")[Test];
                    slots = meters.Gauge("hydra.slots_in_use")["namespace=default"];
                    return tries++ == 0 ? throw new InvalidOperationException("no") : Task.FromResult(2);
                });
                await context.SleepAsync(TimeSpan.FromHours(2));
                return await context.StepAsync("ship", async token =>
                {
                    await Task.Delay(TimeSpan.FromSeconds(3), world.Clock, token);
                    return 3;
                }, new() { Key = "order-4711" });
            },
            1,
            configure: hydra => hydra.Services = meters.Services);

        await world.EndOf(handle);

        Assert.Equal(1, meters.Sum("hydra.workflows", $"{Test},status=completed"));
        Assert.Equal(0, meters.Sum("hydra.workflows", $"{Test},status=failed"));
        Assert.Equal(1, meters.Count("hydra.workflow.duration", $"{Test},status=completed"));
        Assert.InRange(meters.Sum("hydra.workflow.duration", $"{Test},status=completed"), 7_203, 7_206);
        Assert.Equal((1, 1), (active, slots));
        Assert.Equal(0, meters.Gauge("hydra.active_workflows")[Test]);
        Assert.Equal(2, meters.Count("hydra.step.duration", $"{Test},step=charge,status=completed"));
        Assert.Equal(1, meters.Count("hydra.step.duration", $"{Test},step=charge,status=failed"));
        Assert.Equal(3, meters.Sum("hydra.step.duration", $"{Test},step=ship,status=completed"), 0.5);
        Assert.Equal(1, meters.Sum("hydra.step.retries", $"{Test},step=charge"));
        Assert.Equal(1, meters.Sum("hydra.sleeps", Test));
        Assert.Equal(1, meters.Sum("hydra.workflow.starts", $"{Test},outcome=started"));
        Assert.Equal(1, meters.Sum("hydra.claims", Test)); // It was started directly, and claimed after its sleep.
        Assert.Equal(1, meters.Sum("hydra.settlements", $"{Test},outcome=finished"));
        Assert.Equal(1, meters.Sum("hydra.settlements", $"{Test},outcome=suspended"));
        var commits = meters.Sum("hydra.database_operations", "namespace=default,operation=commit,status=ok");
        Assert.InRange(commits, 4, 20);
        Assert.Equal(commits, meters.Count("hydra.flush.size", "namespace=default"));
        Assert.Equal(commits, meters.Count("hydra.flush.duration", "namespace=default"));
        Assert.True(meters.Sum("hydra.database_operations", "namespace=default,operation=claim,status=ok") > 0);
        Assert.True(meters.Sum("hydra.database_operations", "namespace=default,operation=heartbeat,status=ok") > 0);
        Assert.DoesNotContain("4711", meters.Text, StringComparison.Ordinal);
        Assert.DoesNotContain($"{handle.Id}", meters.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("#2", meters.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_way_to_end_is_counted_once()
    {
        using var meters = new Meters();
        await using var world = new World();
        var client = await world.OpenAsync<string, int>(
            (context, how) => how switch
            {
                "fail" => throw new InvalidOperationException("no"),
                "sleep" => Sleep(context),
                _ => Task.FromResult(1),
            },
            configure: hydra => hydra.Services = meters.Services);
        var workflow = client.Workflow<string, int>("test");

        var failed = await workflow.StartAsync("fail", new() { MaxAttempts = 2 });
        var timedOut = await workflow.StartAsync("sleep", new() { Timeout = TimeSpan.FromMinutes(1) });
        var cancelled = await workflow.StartAsync("sleep");
        var terminated = await workflow.StartAsync("sleep");
        var unbegun = await workflow.StartAsync("", new() { Delay = TimeSpan.FromHours(1) });
        var unknown = await client.Workflow<string, int>("nobody's").StartAsync(
            "", new() { Timeout = TimeSpan.FromMinutes(1) });
        await world.RestAsync();
        await cancelled.CancelAsync();
        await terminated.TerminateAsync("enough");
        await unbegun.CancelAsync();
        await unbegun.CancelAsync();
        await world.PassAsync(TimeSpan.FromMinutes(3)); // Maintenance ends what no worker knows.
        foreach (var handle in new ExecutionHandle[] { failed, timedOut, cancelled, terminated, unbegun, unknown })
        {
            await world.EndOf(handle);
        }

        Assert.Equal(1, meters.Sum("hydra.workflows", $"{Test},status=failed"));
        Assert.Equal(1, meters.Sum("hydra.workflows", $"{Test},status=timedOut"));
        Assert.Equal(3, meters.Sum("hydra.workflows", $"{Test},status=cancelled"));
        Assert.Equal(0, meters.Sum("hydra.workflows", $"{Test},status=completed"));
        Assert.Equal(1, meters.Sum("hydra.workflows", "namespace=default,workflow=nobody's,status=timedOut"));
        Assert.Equal(1, meters.Sum("hydra.workflow.retries", Test));
        Assert.Equal(2, meters.Count("hydra.workflow.duration", $"{Test},status=cancelled")); // One never began.

        static async Task<int> Sleep(WorkflowContext context)
        {
            await context.SleepAsync(TimeSpan.FromDays(1));
            return 1;
        }
    }

    [Fact]
    public async Task Starts_are_told_apart_by_what_came_of_them()
    {
        using var meters = new Meters();
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(
            (_, number) => Task.FromResult(number), configure: hydra => hydra.Services = meters.Services);
        var workflow = client.Workflow<int, int>("test");

        await world.Until(workflow.StartAsync(1, new() { Key = "k" }));
        await world.Until(workflow.StartAsync(1, new() { Key = "k" }));
        await Assert.ThrowsAsync<StartConflictException>(
            () => world.Until(workflow.StartAsync(2, new() { Key = "k" })));

        Assert.Equal(1, meters.Sum("hydra.workflow.starts", $"{Test},outcome=started"));
        Assert.Equal(1, meters.Sum("hydra.workflow.starts", $"{Test},outcome=existing"));
        Assert.Equal(1, meters.Sum("hydra.workflow.starts", $"{Test},outcome=conflict"));
    }

    [Fact]
    public async Task Writes_that_are_fenced_and_calls_that_fail_are_counted()
    {
        using var meters = new Meters();
        await using var world = new World();
        var isFenced = false;
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("one", _ =>
            {
                isFenced = true; // The answer to the commit of this step, the first time.
                return Task.FromResult(1);
            }),
            0,
            configure: hydra =>
            {
                hydra.Services = meters.Services;
                hydra.UseStore(setup => new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
                {
                    Before = (call, number) =>
                    {
                        if ((call, number) == (nameof(IWorkflowStore.ClaimAsync), 1))
                        {
                            throw new StoreException(StoreErrorKind.NotSent, "no");
                        }
                    },
                    Commit = answer => isFenced ? answer with
                    {
                        Answers = [.. answer.Answers.Select(one => Fence(one, out isFenced))],
                    } : answer,
                });
            });

        await world.EndOf(handle);

        Assert.Equal(1, meters.Sum("hydra.fenced_writes", "namespace=default"));
        Assert.Equal(1, meters.Sum("hydra.database_operations", "namespace=default,operation=claim,status=failed"));

        static OperationAnswer Fence(OperationAnswer answer, out bool isFenced)
        {
            isFenced = false;
            return answer with { Kind = AnswerKind.Fenced };
        }
    }

    [Fact]
    public async Task What_is_due_and_what_is_quarantined_is_counted_in_the_database_while_somebody_watches()
    {
        using var meters = new Meters();
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(
            async (context, _) => await context.StepAsync("hold", async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            }),
            configure: hydra => hydra.Services = meters.Services,
            worker: worker => worker with { Concurrency = 1 });
        for (var i = 0; i < 3; i++)
        {
            await world.Until(client.Workflow<int, int>("test").StartAsync(i));
        }

        await world.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(meters.Gauge("hydra.due_workflows")); // The first who asks makes it count.
        await world.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(2, meters.Gauge("hydra.due_workflows")[Test]);
        Assert.InRange(meters.Gauge("hydra.oldest_due.age")["namespace=default"], 20, 22);
        Assert.Equal(0, meters.Gauge("hydra.quarantined_workflows")[Test]);
        Assert.Equal(0, meters.Gauge("hydra.mismatched_workflows")[Test]);
        Assert.Equal(1, meters.Gauge("hydra.live_workers")["namespace=default"]);
        Assert.Equal(1, meters.Gauge("hydra.slots")["namespace=default"]);
        var counted = meters.Sum("hydra.database_operations", "namespace=default,operation=count,status=ok");
        await world.PassAsync(TimeSpan.FromMinutes(3)); // Nobody asks any more.
        var last = meters.Sum("hydra.database_operations", "namespace=default,operation=count,status=ok");
        await world.PassAsync(TimeSpan.FromMinutes(3));

        Assert.InRange(last - counted, 10, 13);
        Assert.Equal(last, meters.Sum("hydra.database_operations", "namespace=default,operation=count,status=ok"));
    }

    [Fact]
    public async Task What_is_recovered_quarantined_and_refused_is_counted()
    {
        using var meters = new Meters();
        await using var world = new World();
        var build = "old";
        var workflow = (await OpenAsync()).Workflow<string, int>("test");
        await workflow.StartAsync("change");
        await workflow.StartAsync("crash");
        await world.PassAsync(TimeSpan.FromSeconds(20));
        await world.CrashAsync();
        build = "new";
        for (var crash = 2; crash <= 3; crash++)
        {
            await OpenAsync();
            await world.PassAsync(TimeSpan.FromSeconds(60));
            await world.CrashAsync();
        }

        await OpenAsync();
        await world.PassAsync(TimeSpan.FromSeconds(60));
        meters.Gauge("hydra.quarantined_workflows"); // The first who asks makes it count.
        await world.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(3, meters.Sum("hydra.recoveries", "namespace=default"));
        Assert.Equal(1, meters.Gauge("hydra.quarantined_workflows")[Test]);
        Assert.Equal(1, meters.Gauge("hydra.mismatched_workflows")[Test]);
        Assert.Equal(0, meters.Gauge("hydra.due_workflows")[Test]);
        Assert.Equal(0, meters.Sum("hydra.lost_sessions", "namespace=default"));

        Task<IHydraClient> OpenAsync() => world.OpenAsync<string, int>(
            Run, configure: hydra => hydra.Services = meters.Services, worker: Judge);

        WorkerOptions Judge(WorkerOptions worker) => worker with { Build = build, QuarantineAfter = 1 };

        async Task<int> Run(WorkflowContext context, string how)
        {
            if (how == "change")
            {
                await context.StepAsync(build, _ => Task.CompletedTask);
                await context.SleepAsync(TimeSpan.FromSeconds(30));
            }

            return await context.StepAsync("hang", async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            });
        }
    }

    [Fact]
    public async Task A_session_that_is_lost_is_counted_by_whoever_loses_it_and_its_work_by_whoever_takes_it_back()
    {
        using var loser = new Meters();
        using var finder = new Meters();
        await using var world = new World();
        var away = false;
        var client = await world.OpenAsync<int, int>(
            HangAsync,
            configure: hydra =>
            {
                hydra.Services = loser.Services;
                hydra.UseStore(setup => new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
                {
                    Before = (_, _) =>
                    {
                        if (away)
                        {
                            throw new StoreException(StoreErrorKind.NotSent, "no");
                        }
                    },
                });
            });
        for (var i = 0; i < 3; i++)
        {
            await world.Until(client.Workflow<int, int>("test").StartAsync(i));
        }

        away = true;
        await world.OpenAsync<int, int>(HangAsync, configure: hydra => hydra.Services = finder.Services);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        var before = loser.Sum("hydra.lost_sessions", "namespace=default");
        away = false;
        await world.PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(0, before); // It cannot know.
        Assert.Equal(1, loser.Sum("hydra.lost_sessions", "namespace=default"));
        Assert.Equal(0, loser.Sum("hydra.recoveries", "namespace=default"));
        Assert.Equal(0, finder.Sum("hydra.lost_sessions", "namespace=default"));
        Assert.Equal(3, finder.Sum("hydra.recoveries", "namespace=default"));

        static Task<int> HangAsync(WorkflowContext context, int number) =>
            context.StepAsync("hang", async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return number;
            });
    }

    [Fact]
    public async Task What_schedules_start_skip_miss_and_fail_at_is_counted()
    {
        using var meters = new Meters();
        await using var world = new World();
        var failing = 0;
        var client = await world.OpenAsync<int, int>(
            async (context, _) =>
            {
                await context.SleepAsync(TimeSpan.FromSeconds(90));
                return 1;
            },
            configure: hydra =>
            {
                hydra.Services = meters.Services;
                hydra.UseStore(setup => new FaultyStore(
                    new InMemoryWorkflowStore(world.Database, setup.Namespace),
                    call => call.Kind == StoreCallKind.ApplySchedule && failing-- > 0 ? StoreFault.BlockedCall : null));
            });
        await client.CreateCronJobAsync("* * * * *", "s", "test", Payload.Create("0"u8)); // Skips by default.
        const string schedule = "namespace=default,schedule=s";

        await world.PassAsync(TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(40)); // Starts, skips, starts.
        failing = 2; // Seconds, for so long the schedule is left alone each time.
        await world.PassAsync(TimeSpan.FromSeconds(30)); // Skips the fourth, two seconds late.
        await client.Schedules.TriggerAsync("s", OverlapPolicy.Allow);
        await client.Schedules.PauseAsync("s");
        await world.PassAsync(TimeSpan.FromMinutes(10));
        await client.Schedules.ResumeAsync("s"); // Starts the last that was missed, of ten.
        await world.PassAsync(TimeSpan.FromSeconds(1));

        var details = await client.Schedules.DescribeAsync("s");
        Assert.Equal(3, meters.Sum("hydra.schedule.starts", $"{schedule},cause=timetable"));
        Assert.Equal(1, meters.Sum("hydra.schedule.starts", $"{schedule},cause=trigger"));
        Assert.Equal(details.Started, meters.Sum("hydra.schedule.starts", $"{schedule},cause=timetable") + 1);
        Assert.Equal(3, meters.Count("hydra.schedule.lateness", schedule));
        Assert.InRange(meters.Sum("hydra.schedule.lateness", schedule), 1, 60);
        Assert.Equal(2, meters.Sum("hydra.schedule.skips", schedule));
        Assert.Equal(details.Skipped, meters.Sum("hydra.schedule.skips", schedule));
        Assert.Equal(1, meters.Sum("hydra.schedule.gaps", schedule));
        Assert.Equal(2, meters.Sum("hydra.schedule.errors", schedule));
    }

    [Fact]
    public async Task However_many_names_there_are_the_labels_stay_few()
    {
        using var meters = new Meters();
        await using var world = new World();
        var client = await world.OpenAsync(hydra => hydra.Services = meters.Services, worker: null);

        for (var i = 0; i < 250; i++)
        {
            await world.Until(client.Workflow<int, int>($"made-{i}").StartAsync(1));
        }

        Assert.Equal(201, meters.Labels("hydra.workflow.starts").Count());
        Assert.Equal(50, meters.Sum("hydra.workflow.starts", "namespace=default,workflow=(others),outcome=started"));
    }

    [Fact]
    public async Task A_listener_that_fails_fails_nothing_else()
    {
        using var meters = new Meters(() => throw new InvalidOperationException("a listener's own"));
        await using var world = new World();

        var result = await world.RunAsync(
            context => context.StepAsync("one", _ => Task.FromResult(7)),
            configure: hydra => hydra.Services = meters.Services);

        Assert.Equal(7, result);
        Assert.Equal(1, meters.Sum("hydra.workflows", $"{Test},status=completed"));
    }

    [Fact]
    public async Task Engines_of_one_host_share_the_instruments_and_those_of_others_are_not_heard()
    {
        using var mine = new Meters();
        using var others = new Meters();
        await using var world = new World();
        await world.OpenAsync<int, int>(
            (_, number) => Task.FromResult(number), configure: hydra => hydra.Services = mine.Services);
        await world.OpenAsync<int, int>(
            (_, number) => Task.FromResult(number), configure: hydra => hydra.Services = mine.Services);
        await world.OpenAsync<int, int>(
            (_, number) => Task.FromResult(number),
            configure: hydra => (hydra.Services, hydra.Namespace) = (others.Services, "other"));

        Assert.Equal(40, mine.Gauge("hydra.slots")["namespace=default"]); // Two workers of twenty.
        Assert.Equal(["namespace=other"], others.Gauge("hydra.slots").Keys);
        await world.CloseAsync();
        Assert.Empty(mine.Gauge("hydra.slots"));
    }
}
