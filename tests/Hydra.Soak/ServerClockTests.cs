using System.Globalization;
using Hydra.Soak.Servers;
using Hydra.Soak.Support;
using Hydra.Storage;

namespace Hydra.Soak;

/// <summary>
/// Workers whose machines tell the wrong time: an hour ahead, an hour behind, and one whose clock is set back by two
/// hours while it runs. The database's clock decides, so they are workers like any other.
/// </summary>
/// <remarks>
/// Real processes under libfaketime, which leaves the monotonic clock alone, as a clock that is set does.
/// </remarks>
public abstract class ServerClockTests(ITestOutputHelper output) : SceneTest
{
    private const int Executions = 60;
    private const int Millis = 1_500;

    [Fact]
    public async Task Workers_whose_clocks_are_wrong_steal_nothing_and_wake_nobody_early()
    {
        Assert.SkipWhen(FakedTime.Library is null, "libfaketime is not installed.");
        var server = Scene.Keep(CreateServer());
        Scene.Url = server.Url;
        var client = await Scene.OpenClientAsync();
        var offset = Path.Combine(Scene.Root, "offset");
        await File.WriteAllTextAsync(offset, "+0\n", Cancellation);
        Scene.StartWorker("right", Few);
        Scene.StartWorker("ahead", [Few, .. FakedTime.Variables(("FAKETIME", "+1h"))]);
        Scene.StartWorker("behind", [Few, .. FakedTime.Variables(("FAKETIME", "-1h"))]);
        var jumps = FakedTime.Variables(("FAKETIME_TIMESTAMP_FILE", offset), ("FAKETIME_NO_CACHE", "1"));
        Scene.StartWorker("jumps", [Few, .. jumps]);
        await Eventually.HoldsAsync(
            "All workers are there", async () => (await client.WorkersAsync(Cancellation)).Count == 4, 60);
        var before = (await client.WorkersAsync(Cancellation)).Select(session => session.Id).ToList();

        var started = await StartAsync(client);
        await Eventually.HoldsAsync(
            "Half of them have ended", async () => await CountEndedAsync(client) >= Executions / 2, withinSeconds: 60);
        await File.WriteAllTextAsync(offset, "-2h\n", Cancellation);
        started.AddRange(await StartAsync(client));
        await Eventually.HoldsAsync(
            "All have ended", async () => await CountEndedAsync(client) == 2 * Executions, withinSeconds: 60);

        Assert.Equal(before, (await client.WorkersAsync(Cancellation)).Select(session => session.Id));
        var workers = new HashSet<string>();
        foreach (var handle in started)
        {
            var details = await handle.DescribeAsync(Cancellation);
            Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
            var sleep = details.Journal.Single(entry => entry.Kind == EntryKind.Sleep);
            var slept = sleep.At.Since(details.Journal.First(entry => entry.Key == "a").At);
            Assert.True(slept >= TimeSpan.FromMilliseconds(Millis), $"{handle.Id} woke after {slept}.");
            Assert.True(details.Row.FinishedAt >= details.Row.CreatedAt.Plus(TimeSpan.FromMilliseconds(Millis)));
            workers.UnionWith(details.Journal.Where(entry => entry.Worker.Length > 0).Select(entry => entry.Worker));
        }

        output.WriteLine($"{started.Count} executions by {string.Join(", ", workers.Order())}.");
        Assert.Equal(["ahead", "behind", "jumps", "right"], workers.Order());
    }

    private protected abstract SoakServer CreateServer();

    private static (string, string) Few => ("MAX_CONCURRENCY", "5"); // So that everybody gets something.

    private static async Task<List<ExecutionHandle>> StartAsync(IHydraClient client)
    {
        var script = string.Create(CultureInfo.InvariantCulture, $$"""
            {"commands":[{"op":"step","name":"a","output":1,"millis":50},{"op":"sleep","millis":{{Millis}}},
                         {"op":"step","name":"b","output":2,"millis":50}]}
            """);
        var handles = new List<ExecutionHandle>();
        for (var i = 0; i < Executions; i++)
        {
            handles.Add(await client.StartAsync(
                "scripted", Payload.Create(System.Text.Encoding.UTF8.GetBytes(script)), null, Cancellation));
        }

        return handles;
    }

    private static async Task<int> CountEndedAsync(IHydraClient client) =>
        (await client.ListAsync(new ExecutionFilter { Limit = 1_000 }, Cancellation))
            .Count(row => row.State.IsTerminal());
}
