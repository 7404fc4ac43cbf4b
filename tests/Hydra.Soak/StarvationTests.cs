using System.Text;
using Hydra.Soak.Chaos;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>Step bodies that block every thread of the pool, in the only worker that knows their workflow.</summary>
[Collection(nameof(Alone))]
public class StarvationTests(ITestOutputHelper output) : SceneTest
{
    private const int Neighbours = 300;
    private const int Calls = 500;

    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    // Four times the claim timeout, or half a minute.
    private static readonly int Millis = Full ? 30_000 : 8_000;

    [Fact]
    public async Task Neighbours_go_on_while_500_bodies_block_and_nobody_is_taken_for_dead()
    {
        var client = await Scene.OpenClientAsync();
        using var workers = new Supervisor("starved", 1, name => Scene.StartVictim(name, ("MAX_CONCURRENCY", "10")));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var working = workers.RunAsync(over.Token);
        Scene.StartWorker("judge"); // Knows none of the workflows, but would take from a dead worker what it owned.
        await Eventually.HoldsAsync(
            "Both workers are there", async () => (await client.WorkersAsync(Cancellation)).Count == 2);
        var before = await client.WorkersAsync(Cancellation);

        var blockades = await StartAsync(
            client, 2, "blocks-the-pool", $$"""{"calls":{{Calls / 2}},"millis":{{Millis}}}""");
        await Eventually.HoldsAsync("The worker is blocked", async () =>
            (await Task.WhenAll(blockades.Select(handle => handle.StatusAsync(Cancellation))))
            .All(row => row.State == ExecutionState.Running));
        var neighbours = await StartAsync(client, Neighbours, "neighbour", "1");
        var ended = await Task.WhenAll(neighbours.Select(EndAsync));
        var freed = await Task.WhenAll(blockades.Select(EndAsync));

        var slowest = Report("neighbours", ended);
        Report("blockades", freed);
        Assert.Empty(ended.Concat(freed).SelectMany(workers.FalseDeaths));
        Assert.Equal(
            before.Select(session => session.Id),
            (await client.WorkersAsync(Cancellation)).Select(session => session.Id));
        // The pool alone took 25 times as long as a body blocks: no claim and no commit got a thread meanwhile.
        Assert.True(slowest < 10 * Millis / 1_000.0, $"The slowest neighbour took {slowest} s.");
        await over.CancelAsync();
        await working;
    }

    /// <returns>How long the slowest took, in seconds.</returns>
    private double Report(string what, ExecutionDetails[] ended)
    {
        var took = ended
            .Select(one => one.Row.FinishedAt!.Value.Since(one.Row.CreatedAt).TotalSeconds)
            .Order()
            .ToList();
        output.WriteLine($"{what}: p50 {took[took.Count / 2]:0.0} s, p99 {took[took.Count * 99 / 100]:0.0} s, "
            + $"max {took[^1]:0.0} s");
        return took[^1];
    }

    private static async Task<ExecutionDetails> EndAsync(ExecutionHandle handle)
    {
        Assert.Equal(ExecutionState.Completed, await handle.WaitAsync(Cancellation));
        return await handle.DescribeAsync(Cancellation);
    }

    private static async Task<ExecutionHandle[]> StartAsync(
        IHydraClient client, int count, string workflow, string input) => await Task.WhenAll(
        Enumerable.Range(0, count).Select(_ => client.StartAsync(
            workflow, Payload.Create(Encoding.UTF8.GetBytes(input)), null, Cancellation)));
}
