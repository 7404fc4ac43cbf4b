using System.Diagnostics;
using System.Text;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>A worker that is paused or about to end, under the eyes of another: it is not taken for dead.</summary>
[Collection(nameof(Alone))]
public class LivenessTests : SceneTest
{
    private const int StepMillis = 6_000; // Three times the claim timeout.

    [Fact]
    public async Task A_worker_that_drains_for_longer_than_its_lease_keeps_what_it_runs()
    {
        var (handle, worker) = await StartStepAsync();

        worker.Signal(UnixSignal.Terminate);

        Assert.Equal(0, await worker.ExitAsync());
        await AssertItRanOnceAsync(handle);
    }

    [Fact]
    public async Task A_worker_that_is_paused_again_and_again_for_less_than_half_its_lease_keeps_what_it_runs()
    {
        var (handle, worker) = await StartStepAsync();

        for (var pause = 0; pause < 8; pause++)
        {
            worker.Signal(UnixSignal.Stop);
            await PassAsync(TimeSpan.FromMilliseconds(500));
            worker.Signal(UnixSignal.Continue);
            await PassAsync(TimeSpan.FromMilliseconds(300));
        }

        await AssertItRanOnceAsync(handle);
    }

    /// <summary>
    /// Starts a long step whose body ignores its token, and another worker, which would find the first one dead.
    /// </summary>
    private async Task<(ExecutionHandle Handle, ProgramProcess Worker)> StartStepAsync()
    {
        var client = await Scene.OpenClientAsync();
        var worker = Scene.StartVictim("first");
        var blockade = Encoding.UTF8.GetBytes($$"""{"calls":1,"millis":{{StepMillis}}}""");
        var handle = await client.StartAsync("blocks-the-pool", Payload.Create(blockade), null, Cancellation);
        await Scene.StartReadyWorkerAsync("second");
        await Eventually.HoldsAsync(
            "The step has begun", async () => (await handle.DescribeAsync(Cancellation)).Tries.Count == 1);
        return (handle, worker);
    }

    private static async Task AssertItRanOnceAsync(ExecutionHandle handle)
    {
        Assert.Equal(ExecutionState.Completed, await handle.WaitAsync(Cancellation));
        var details = await handle.DescribeAsync(Cancellation);
        Assert.Empty(details.Crashes);
        Assert.Equal(1, details.Row.Epoch);
    }

    private static Task PassAsync(TimeSpan time)
    {
        var begun = Stopwatch.GetTimestamp();
        return Eventually.HoldsAsync("Time passes", () => Stopwatch.GetElapsedTime(begun) >= time);
    }
}
