namespace Hydra.Stores.Tests;

/// <summary>Steps of one execution that are about to be written when a stranger holds it, and fifty others.</summary>
internal sealed class StepGate : IDisposable
{
    private const int Others = 50;
    private const int HeldNumber = -1;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2); // Only a hang takes that long.

    private readonly SemaphoreSlim _entered = new(0);
    private readonly SemaphoreSlim _open = new(0);

    public void AddTo(HydraBuilder builder)
    {
        builder.AddWorkflow<int, int>("steps", async (context, number) =>
        {
            var sum = 0;
            for (var step = 0; step < 3; step++)
            {
                sum += await context.StepAsync("step", number, (it, token) => StepAsync(it, token));
            }

            return sum;
        });
        builder.AddWorker(worker => worker with { Concurrency = Others + 1 });
    }

    /// <summary>Starts the one that will be held, and waits until its first step runs.</summary>
    public async Task<ExecutionHandle<int>> StartHeldAsync(HydraEngine hydra, CancellationToken token)
    {
        var held = await StartAsync(hydra, HeldNumber, token);
        Assert.True(await _entered.WaitAsync(Patience, token));
        return held;
    }

    /// <summary>Has its step written, and runs the others from beginning to end, while it is held.</summary>
    /// <returns>What comes of the one that is held.</returns>
    public async Task<Task<int>> PassWhileHeldAsync(
        HydraEngine hydra, ExecutionHandle<int> held, CancellationToken token)
    {
        _open.Release();
        var result = held.ResultAsync(token);
        for (var round = 0; round < 3; round++)
        {
            var others = await Task.WhenAll(Enumerable.Range(0, Others)
                .Select(number => StartAsync(hydra, number, token))).WaitAsync(Patience, token);
            var results = await Task.WhenAll(others.Select(other => other.ResultAsync(token)))
                .WaitAsync(Patience, token);
            Assert.Equal(Enumerable.Range(0, Others).Select(static number => number * 3), results);
        }

        Assert.False(result.IsCompleted);
        return result;
    }

    public void Dispose()
    {
        _entered.Dispose();
        _open.Dispose();
    }

    private static Task<ExecutionHandle<int>> StartAsync(HydraEngine hydra, int number, CancellationToken token) =>
        hydra.Client.Workflow<int, int>("steps").StartAsync(number, cancellationToken: token);

    private async Task<int> StepAsync(int number, CancellationToken token)
    {
        if (number != HeldNumber)
        {
            return number;
        }

        _entered.Release();
        await _open.WaitAsync(token);
        _open.Release();
        return 1;
    }
}
