using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.AspNetCore.Tests.Support;

/// <summary>The metrics of an engine that has been through everything that is measured.</summary>
public sealed class BusySite : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5); // Of real time: a hang fails the test.

    private readonly LateClock _clock = new();
    private readonly TaskCompletionSource _holds = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private InMemoryWorkflowStore? _store;
    private bool _isFenced;
    private bool _isLost;
    private int _rounds;

    internal Exposition Metrics { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using var site = await Site.StartAsync(Compose);
        await (await StartAsync(site, "all")).WaitAsync(Cancellation).WaitAsync(Patience, Cancellation);
        await StartAsync(site, "hold");
        await _holds.Task.WaitAsync(Patience, Cancellation); // A session that owns nothing leaves nothing to take back.
        _isLost = true; // Others take its session for dead, and then what it had run is taken back from it.
        using var patience = new CancellationTokenSource(Patience);
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            Metrics = await site.MetricsAsync();
        }
        while (Metrics.Sum("hydra_recoveries_total") == 0);

        _clock.Late = TimeSpan.FromHours(3); // Nothing is pruned in the first two hours after its end.
        await site.Client.PruneAsync(new() { OlderThan = TimeSpan.FromHours(2) }, Cancellation);
        await FireAsync(site);
        Metrics = await site.MetricsAsync();
    }

    /// <summary>Schedules that are triggered, skipped, late with a gap before that, and broken.</summary>
    private async Task FireAsync(Site site)
    {
        var schedules = site.Client.Schedules;
        var hourly = new Schedule("hourly", "work", Timetable.Cron("0 * * * *"))
        {
            Input = Payload.Create("\"hold\""u8),
            Options = new() { Overlap = OverlapPolicy.Allow },
        };
        await schedules.CreateAsync(hourly, Cancellation);
        await schedules.CreateAsync(
            hourly with { Name = "held", Options = new() { Overlap = OverlapPolicy.Skip } }, Cancellation);
        await schedules.TriggerAsync("held", cancellationToken: Cancellation);
        await schedules.TriggerAsync("held", cancellationToken: Cancellation); // The first goes on.
        await BreakAsync();
        _clock.Late += TimeSpan.FromHours(3);
        await schedules.ResumeAsync("held", cancellationToken: Cancellation); // Makes the worker look.
        using var patience = new CancellationTokenSource(Patience);
        Exposition metrics;
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            metrics = await site.MetricsAsync();
        }
        while (metrics.Sum("hydra_schedule_lateness_seconds_count") == 0
            || metrics.Sum("hydra_schedule_errors_total") == 0);
    }

    /// <summary>Writes a schedule that nobody can read.</summary>
    private Task<ScheduleAnswer> BreakAsync() => _store!.Schedules!.ApplyAsync(
        new ScheduleChange
        {
            Name = "broken",
            ExpectedChange = null,
            Row = new ScheduleRow
            {
                Name = "broken",
                Workflow = "work",
                ChangeId = 1,
                DueAt = new Instant(1),
                Definition = Payload.Create("[]"u8),
                Progress = Payload.Create("[]"u8),
                Input = Payload.Create("0"u8),
            },
        },
        Cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Compose(HydraBuilder hydra)
    {
        hydra.UseStore(setup => new WatchedStore(
            _store = new InMemoryWorkflowStore(new InMemoryDatabase(_clock), setup.Namespace))
        {
            Before = static (call, number) =>
            {
                if ((call, number) is (nameof(IWorkflowStore.MaintainAsync), 1))
                {
                    throw new StoreException(StoreErrorKind.RolledBack, "One call fails.");
                }
            },
            Beat = answer => Take(ref _isLost) ? answer with { Lost = true } : answer,
            Commit = answer => Take(ref _isFenced) ? answer with
            {
                Answers = [.. answer.Answers.Select(static one => one with { Kind = AnswerKind.Fenced })],
            } : answer,
        });
        hydra.AddWorkflow("work", async (WorkflowContext context, string how) =>
        {
            var tries = 0;
            await context.StepAsync(
                "flaky",
                _ => tries++ == 0 ? throw new InvalidOperationException("no") : Task.FromResult(1),
                new() { Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.FromMilliseconds(1) } });
            await context.SleepAsync(TimeSpan.FromMilliseconds(5));
            await context.StepAsync("fence", _ =>
            {
                _isFenced = Interlocked.Increment(ref _rounds) == 1; // The answer to the commit of this step.
                return Task.FromResult(1);
            });
            await context.StepAsync("hold", token =>
            {
                if (how != "hold")
                {
                    return Task.CompletedTask;
                }

                _holds.TrySetResult();
                return Task.Delay(Timeout.Infinite, token);
            });
            return Interlocked.Increment(ref _rounds) < 4
                ? throw new InvalidOperationException("The first attempt fails.")
                : 1;
        });
        hydra.AddWorker(worker => worker with
        {
            ClaimTimeout = TimeSpan.FromMilliseconds(900),
            HeartbeatInterval = TimeSpan.FromMilliseconds(100),
        });
    }

    private static Task<ExecutionHandle<int>> StartAsync(Site site, string how) =>
        site.Client.Workflow<string, int>("work").StartAsync(
            how, new() { RetryBackoff = TimeSpan.FromMilliseconds(1) }, Cancellation);

    private static bool Take(ref bool flag)
    {
        var was = flag;
        flag = false;
        return was;
    }

    /// <summary>The clock of the database.</summary>
    private sealed class LateClock : TimeProvider
    {
        public TimeSpan Late { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Late;
    }
}
