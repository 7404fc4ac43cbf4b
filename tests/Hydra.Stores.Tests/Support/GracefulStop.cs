using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// A worker that stops while some of its executions have ended and bodies of others run. No lease ends in the test, so
/// what was not handed back is run by nobody.
/// </summary>
/// <param name="use">Chooses the store.</param>
internal sealed class GracefulStop(Action<HydraBuilder> use)
{
    private const int Ended = 200;
    private const int Running = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2); // Only a hang takes that long.

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task RunAsync(IWorkflowStore store)
    {
        using var entered = new SemaphoreSlim(0);
        var stopping = await OpenAsync(async (number, token) =>
        {
            if (number < 0)
            {
                entered.Release();
                await Task.Delay(Timeout.Infinite, token);
            }

            return number;
        });
        await ResultsAsync(await StartAsync(stopping, Enumerable.Range(0, Ended)));
        var running = await StartAsync(stopping, Enumerable.Range(-Running, Running));
        for (var i = 0; i < Running; i++)
        {
            Assert.True(await entered.WaitAsync(Patience, Token));
        }

        await stopping.DisposeAsync();

        Assert.Empty(await store.Queries.ListSessionsAsync(Token));
        foreach (var handle in running)
        {
            var row = (await store.Queries.FindAsync(handle.Id, Token))!;
            Assert.Equal(
                (ExecutionState.Pending, SessionId.None, 0, 1), (row.State, row.Owner, row.Crashes, row.Attempt));
        }

        await using var next = await OpenAsync(static (number, _) => Task.FromResult(number));
        var results = await ResultsAsync(running.ConvertAll(
            handle => next.Client.Execution<int>(handle.Id)));
        Assert.Equal(Enumerable.Range(-Running, Running), results);
    }

    private Task<HydraEngine> OpenAsync(Func<int, CancellationToken, Task<int>> body) => HydraEngine.OpenAsync(
        builder =>
        {
            use(builder);
            builder.AddWorkflow<int, int>("wait", (context, number) => context.StepAsync("wait", number, body));
            builder.AddWorker(static worker => worker with
            {
                Build = "build",
                Concurrency = Running,
                ClaimTimeout = TimeSpan.FromHours(1),
                ShutdownGrace = TimeSpan.FromSeconds(1),
            });
        },
        Token);

    private static async Task<List<ExecutionHandle<int>>> StartAsync(HydraEngine hydra, IEnumerable<int> numbers) =>
    [
        .. await Task.WhenAll(numbers.Select(number =>
            hydra.Client.Workflow<int, int>("wait").StartAsync(number, cancellationToken: Token))),
    ];

    private static Task<int[]> ResultsAsync(List<ExecutionHandle<int>> handles) =>
        Task.WhenAll(handles.Select(static handle => handle.ResultAsync(Token))).WaitAsync(Patience, Token);
}
