using System.Net;
using Hydra.AspNetCore.Tests.Support;
using Hydra.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hydra.AspNetCore.Tests;

public class HealthTests
{
    [Fact]
    public async Task An_engine_that_is_open_is_healthy_and_ready_with_a_worker_or_without()
    {
        await using var site = await Site.StartAsync(Compose);
        await using var client = await Site.StartAsync(hydra => hydra.UseInMemory());

        foreach (var one in new[] { site, client })
        {
            Assert.Equal((HttpStatusCode.OK, "healthy", ""), await one.AskAsync("/health"));
            Assert.Equal((HttpStatusCode.OK, "ready", ""), await one.AskAsync("/ready"));
        }
    }

    [Fact]
    public async Task A_database_that_does_not_answer_makes_it_unready_but_not_unhealthy()
    {
        var held = new TaskCompletionSource();
        await using var site = await Site.StartAsync(
            hydra => Compose(hydra, store => new HeldQueries(store, held.Task)));

        var silent = await site.AskAsync("/ready");
        held.SetException(new StoreException(StoreErrorKind.Unavailable, "The host db-4711 does not answer."));
        var broken = await site.AskAsync("/ready");
        var text = await (await site.Http.GetAsync("/ready", TestContext.Current.CancellationToken)).Content
            .ReadAsStringAsync(TestContext.Current.CancellationToken);
        var health = await site.AskAsync("/health");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "notReady", "database,schema"), silent);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "notReady", "database,schema"), broken);
        Assert.Contains("Unavailable", text, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", text, StringComparison.Ordinal); // That is for the log.
        Assert.Equal(HttpStatusCode.OK, health.Status);
    }

    [Fact]
    public async Task A_schema_that_does_not_fit_and_a_lease_that_is_lost_make_it_unready()
    {
        var fits = true;
        var beats = true;
        await using var site = await Site.StartAsync(hydra => Compose(
            hydra,
            store => new ChangedStore(store, () => fits)
            {
                Before = (call, _) =>
                {
                    if (call == nameof(IWorkflowStore.HeartbeatAsync) && !beats)
                    {
                        throw new StoreException(StoreErrorKind.NotSent, "no");
                    }
                },
            }));

        fits = false;
        var schema = await site.AskAsync("/ready");
        (fits, beats) = (true, false);
        await UntilAsync(async () => (await site.AskAsync("/ready")).Failed == "lease");
        beats = true;
        await UntilAsync(async () => (await site.AskAsync("/ready")).Status == HttpStatusCode.OK);

        Assert.Equal("schema", schema.Failed);
    }

    [Theory]
    [InlineData("claims", nameof(IWorkflowStore.ClaimAsync))]
    [InlineData("maintenance", nameof(IWorkflowStore.MaintainAsync))]
    [InlineData("heartbeats", nameof(IWorkflowStore.HeartbeatAsync))]
    [InlineData("schedules", nameof(IScheduleStore.ListDueAsync))]
    [InlineData("retention", nameof(IRetentionStore.ListEndedAsync))]
    public async Task A_loop_that_goes_round_no_more_makes_it_unhealthy_and_is_named(string loop, string call)
    {
        using var held = new HeldCall(call);
        var time = new LateTimer();
        await using var site = await Site.StartAsync(hydra =>
        {
            hydra.TimeProvider = time;
            hydra.Retention.Keep(completed: TimeSpan.FromDays(1)).Interval = TimeSpan.FromMilliseconds(100);
            Compose(hydra, held.Around, poll: TimeSpan.FromMilliseconds(100));
        });

        await held.Begun.WaitAsync(TestContext.Current.CancellationToken);
        var soon = await site.AskAsync("/health");
        time.Late = TimeSpan.FromMinutes(15);
        await UntilAsync(async () => (await site.SayAsync("/health")).Contains($": {loop}.", StringComparison.Ordinal));
        var later = await site.AskAsync("/health");
        held.Dispose();
        await UntilAsync(async () => (await site.AskAsync("/health")).Status == HttpStatusCode.OK);

        Assert.Equal((HttpStatusCode.OK, "healthy", ""), soon);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unhealthy", "loops"), later);
    }

    [Fact]
    public async Task A_host_that_stops_is_unready_at_once_while_it_still_answers()
    {
        var stopping = new LateStop();
        await using var site = await Site.StartAsync(
            Compose, services => services.AddSingleton<IHostedService>(stopping)); // Told after the engine.
        var stop = site.StopAsync();
        await stopping.Told.Task.WaitAsync(TestContext.Current.CancellationToken);

        var ready = await site.AskAsync("/ready");
        var health = await site.AskAsync("/health");
        stopping.Go.SetResult();
        await stop;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "notReady", "running"), ready);
        Assert.Equal(HttpStatusCode.OK, health.Status);
    }

    [Fact]
    public async Task The_health_checks_of_the_host_know_the_engine()
    {
        var held = new TaskCompletionSource();
        await using var site = await Site.StartAsync(
            hydra => Compose(hydra, store => new HeldQueries(store, held.Task)),
            services => services.AddHealthChecks().AddHydra(failureStatus: HealthStatus.Degraded, tags: ["ready"]),
            app => app.MapHealthChecks("/checks"));
        var checks = site.Services.GetRequiredService<HealthCheckService>();

        var silent = await checks.CheckHealthAsync(TestContext.Current.CancellationToken);
        held.SetResult();
        var good = await checks.CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HealthStatus.Degraded, silent.Entries["hydra"].Status);
        Assert.Contains("database", silent.Entries["hydra"].Description, StringComparison.Ordinal);
        Assert.Equal((HealthStatus.Healthy, "ready"), (good.Status, good.Entries["hydra"].Tags.Single()));
        Assert.Equal("Healthy", await site.Http.GetStringAsync("/checks", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_declared_schedule_that_cannot_be_read_degrades_it_and_leaves_it_ready()
    {
        var database = new InMemoryDatabase(TimeProvider.System);
        await using var store = new InMemoryWorkflowStore(database, "default");
        var row = new ScheduleRow { Name = "torn", Workflow = "work", ChangeId = 1, DueAt = Instant.Never };
        await store.Schedules.ApplyAsync(
            new ScheduleChange { Name = row.Name, ExpectedChange = null, Row = row },
            TestContext.Current.CancellationToken);
        await using var site = await Site.StartAsync(
            hydra =>
            {
                hydra.UseInMemory(database);
                hydra.AddWorkflow("work", (WorkflowContext _, int number) => Task.FromResult(number))
                    .Schedule(row.Name, "0 0 1 1 *", 1);
            },
            services => services.AddHealthChecks().AddHydra());
        var checks = site.Services.GetRequiredService<HealthCheckService>();

        var ready = await site.AskAsync("/ready");
        var told = await site.SayAsync("/ready");
        var check = (await checks.CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["hydra"];
        await site.Client.Schedules.DeleteAsync(row.Name, TestContext.Current.CancellationToken);
        var mended = (await checks.CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["hydra"];

        Assert.Equal((HttpStatusCode.OK, "ready", ""), ready);
        Assert.Contains("start nothing: torn.", told, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Degraded, check.Status);
        Assert.Contains("start nothing: torn.", check.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, mended.Status);
    }

    private static void Compose(HydraBuilder hydra) => Compose(hydra, store => store);

    private static void Compose(
        HydraBuilder hydra, Func<IWorkflowStore, IWorkflowStore> around, TimeSpan? poll = null)
    {
        hydra.UseStore(setup => around(
            new InMemoryWorkflowStore(new InMemoryDatabase(setup.TimeProvider), setup.Namespace)));
        hydra.AddWorkflow("work", (WorkflowContext _, int number) => Task.FromResult(number));
        hydra.AddWorker(worker => worker with
        {
            ClaimTimeout = TimeSpan.FromMilliseconds(900),
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),
            PollInterval = poll ?? worker.PollInterval,
        });
    }

    /// <summary>A process answers for itself, and can only be asked again.</summary>
    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Time that has passed at once for whoever measures it, and for no timer.</summary>
    private sealed class LateTimer : TimeProvider
    {
        private long _late;

        public TimeSpan Late
        {
            set => Volatile.Write(ref _late, (long)(value.TotalSeconds * TimestampFrequency));
        }

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _late);
    }

    /// <summary>Holds up the stop of the host once everybody has been told of it.</summary>
    private sealed class LateStop : IHostedLifecycleService
    {
        public TaskCompletionSource Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task StoppingAsync(CancellationToken cancellationToken)
        {
            Told.SetResult();
            return Go.Task;
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
