using Hydra.Soak.Histories;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>What the worker host owes within a time.</summary>
[Collection(nameof(Alone))]
public class WorkerPaceTests : SceneTest
{
    [Fact]
    public async Task One_slot_serves_many_sleepers_and_no_sleep_is_cut_short()
    {
        const int Count = 4;
        const int LongMillis = 3_000;
        const int ShortMillis = 200;
        await Scene.StartReadyWorkerAsync("w1", ("MAX_CONCURRENCY", "1"));
        object Step(string name) => new { op = "step", name, millis = 20, sideEffectFile = Scene.EffectsFile };
        var input = Script(
            Step("first"),
            new { op = "sleep", millis = LongMillis },
            Step("second"),
            new { op = "repeat", times = 5, commands = new[] { new { op = "sleep", millis = ShortMillis } } },
            Step("third"));
        var client = await Scene.OpenClientAsync();
        var handles = new List<ExecutionHandle>();
        for (var i = 0; i < Count; i++)
        {
            handles.Add(await client.StartAsync("scripted", input, cancellationToken: Cancellation));
        }

        foreach (var handle in handles)
        {
            Assert.Equal(ExecutionState.Completed, await handle.WaitAsync(Cancellation));
        }

        var begins = Scene.Effects().Where(effect => effect.Begins).ToList();
        var first = begins.Where(begin => begin.Step == "first").Select(begin => begin.UnixMicros).ToList();
        Assert.Equal(Count, first.Count);
        Assert.InRange(first.Max() - first.Min(), 0, 2_000_000);
        foreach (var handle in handles)
        {
            var json = ExecutionJson.Format(await handle.DescribeAsync(Cancellation));
            var entries = ObservedExecution.Parse(json).Entries;
            var sleeps = entries.Where(entry => entry.Kind == "sleep").ToList();
            Assert.Equal(6, sleeps.Count);
            Assert.All(sleeps, sleep =>
            {
                var took = sleep.AtMicros - entries[(int)sleep.Seq - 1].AtMicros;
                Assert.InRange(took, sleep.ForMicros!.Value, sleep.ForMicros.Value + 2_000_000);
            });
        }
    }

    [Fact]
    public async Task A_worker_that_is_asked_to_end_hands_its_work_back_at_once()
    {
        var leaving = await Scene.StartReadyWorkerAsync("leaving");
        var input = Script(
            new { op = "step", name = "long", millis = 4_000, output = "done", sideEffectFile = Scene.EffectsFile });
        var client = await Scene.OpenClientAsync();
        var handle = await client.StartAsync("scripted", input, cancellationToken: Cancellation);
        await Eventually.HoldsAsync("The step runs", () => Scene.Effects().Count == 1);
        await Scene.StartReadyWorkerAsync("staying");

        var asked = DateTime.UtcNow;
        leaving.Signal(UnixSignal.Terminate);
        Assert.Equal(0, await leaving.ExitAsync());
        Assert.Equal(ExecutionState.Completed, await handle.WaitAsync(Cancellation));

        var begin = Scene.Effects().Last(effect => effect.Begins);
        Assert.Equal(("staying", 1), (begin.Worker, begin.Attempt)); // The same attempt: nothing has failed.
        var handedOver = (begin.UnixMicros / 1e6) - (asked - DateTime.UnixEpoch).TotalSeconds;
        Assert.InRange(handedOver, 0, 1.5);
        Assert.Equal(0, (await handle.StatusAsync(Cancellation)).Crashes);
    }
}
