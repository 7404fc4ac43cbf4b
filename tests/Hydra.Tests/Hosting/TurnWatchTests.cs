using Hydra.Tests.Support;

namespace Hydra.Tests.Hosting;

/// <summary>Workflow code that does not come back, on real threads, because no virtual clock moves meanwhile.</summary>
public sealed class TurnWatchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _release = new();
    private readonly LogBook _log = new();
    private int _running;
    private int _most;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _release.Dispose();

    [Fact]
    public async Task Code_that_never_yields_is_blocked_with_its_reason_and_its_slot_goes_to_others()
    {
        await using var hydra = await OpenAsync();

        var stuck = await hydra.Client.Workflow<int, int>("stuck").StartAsync(1, cancellationToken: Token);
        var next = await hydra.Client.Workflow<int, int>("counts").StartAsync(2, cancellationToken: Token);

        Assert.Equal(2, await next.ResultAsync(Token).WaitAsync(Patience, Token));
        var details = await stuck.DescribeAsync(Token);
        Assert.Equal((ExecutionState.Blocked, 0), (details.Row.State, details.Row.Crashes));
        var failure = System.Text.Encoding.UTF8.GetString(Assert.Single(details.Refusals).Difference.Data.Span);
        Assert.Contains("Hydra.NeverYields", failure);
        Assert.Contains("without awaiting anything", failure);
        Assert.Contains(_log.Lines, line => line.Contains($"{stuck.Id} of stuck has run for"));
        _release.Set();
    }

    [Fact]
    public async Task Code_that_comes_back_late_changes_nothing_any_more_and_gives_no_slot_back_twice()
    {
        await using var hydra = await OpenAsync();
        var stuck = await hydra.Client.Workflow<int, int>("stuck").StartAsync(1, cancellationToken: Token);
        var first = await hydra.Client.Workflow<int, int>("counts").StartAsync(2, cancellationToken: Token);
        await first.ResultAsync(Token).WaitAsync(Patience, Token);

        _release.Set();
        var later = await Task.WhenAll(Enumerable.Range(0, 5).Select(number =>
            hydra.Client.Workflow<int, int>("counts").StartAsync(number, cancellationToken: Token)));

        await Task.WhenAll(later.Select(handle => handle.ResultAsync(Token))).WaitAsync(Patience, Token);
        Assert.Equal(1, _most);
        Assert.Equal(ExecutionState.Blocked, (await stuck.StatusAsync(Token)).State);
        Assert.Single((await stuck.DescribeAsync(Token)).Journal);
    }

    [Fact]
    public async Task Code_that_waits_for_a_body_however_long_is_not_stuck()
    {
        var end = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hydra = await OpenAsync(concurrency: 2, more => more.AddWorkflow(
            "waits", (WorkflowContext context, int _) => context.StepAsync("slow", _ => end.Task)));
        var waits = await hydra.Client.Workflow<int, int>("waits").StartAsync(0, cancellationToken: Token);
        await hydra.Client.Workflow<int, int>("stuck").StartAsync(1, cancellationToken: Token);
        var next = await hydra.Client.Workflow<int, int>("counts").StartAsync(2, cancellationToken: Token);
        await next.ResultAsync(Token).WaitAsync(Patience, Token); // What came later than it was found to be stuck.

        end.SetResult(7);

        Assert.Equal(7, await waits.ResultAsync(Token).WaitAsync(Patience, Token));
        _release.Set();
    }

    private Task<HydraEngine> OpenAsync(
        int concurrency = 1, Action<HydraBuilder>? more = null) => HydraEngine.OpenAsync(
        hydra =>
        {
            hydra.UseInMemory();
            hydra.LoggerFactory = _log;
            hydra.AddWorkflow("stuck", (WorkflowContext _, int number) =>
            {
                _release.Wait();
                return Task.FromResult(number);
            });
            hydra.AddWorkflow("counts", async (WorkflowContext context, int number) =>
                await context.StepAsync("count", number, async (number, _) =>
                {
                    var running = Interlocked.Increment(ref _running);
                    InterlockedMax(running);
                    await Task.Yield();
                    Interlocked.Decrement(ref _running);
                    return number;
                }));
            hydra.AddWorker(worker => worker with { Concurrency = concurrency, TurnTimeout = TimeSpan.FromSeconds(1) });
            more?.Invoke(hydra);
        },
        Token);

    private void InterlockedMax(int running)
    {
        for (var most = _most; running > most; most = _most)
        {
            Interlocked.CompareExchange(ref _most, running, most);
        }
    }
}
