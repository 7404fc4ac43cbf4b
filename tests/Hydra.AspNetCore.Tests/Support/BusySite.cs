using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.AspNetCore.Tests.Support;

/// <summary>The metrics of an engine that has been through everything that is measured.</summary>
public sealed class BusySite : IAsyncLifetime
{
    private readonly LateClock _clock = new();
    private bool _isFenced;
    private bool _isLost;
    private int _rounds;

    internal Exposition Metrics { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using var site = await Site.StartAsync(Compose);
        await (await StartAsync(site, "all")).WaitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await StartAsync(site, "hold");
        _isLost = true; // Others take its session for dead, and then what it had run is taken back from it.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            Metrics = await site.MetricsAsync();
        }
        while (Metrics.Sum("hydra_recoveries_total") == 0);

        _clock.Late = TimeSpan.FromHours(3); // Nothing is pruned in the first two hours after its end.
        await site.Client.PruneAsync(new() { OlderThan = TimeSpan.FromHours(2) }, Cancellation);
        Metrics = await site.MetricsAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Compose(HydraBuilder hydra)
    {
        hydra.UseStore(setup => new WatchedStore(
            new InMemoryWorkflowStore(new InMemoryDatabase(_clock), setup.Namespace))
        {
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
            await context.StepAsync("hold", token => how == "hold"
                ? Task.Delay(Timeout.Infinite, token)
                : Task.CompletedTask);
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
