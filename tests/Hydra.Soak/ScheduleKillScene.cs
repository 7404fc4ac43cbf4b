using System.Globalization;
using Hydra.Soak.Chaos;
using Hydra.Soak.Support;
using Hydra.Storage;

namespace Hydra.Soak;

/// <summary>A schedule that fires every second, fired by processes that are killed and stopped.</summary>
public abstract class ScheduleKillScene(ITestOutputHelper output) : SceneTest
{
    private protected static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    /// <param name="variables">What is in the environment of a worker, by its number.</param>
    private protected async Task FireAsync(Func<int, IEnumerable<(string, string)>> variables)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"Seed {seed}");
        await Scene.HydraAsync("migrate");
        var client = await Scene.OpenClientAsync();
        var fleet = new Fleet(Scene, new Random(seed), size: 5, claimTimeout: TimeSpan.FromSeconds(2))
        {
            Variables = variables,
        };
        fleet.Start();
        await fleet.AreThereAsync(client);
        var asked = DateTimeOffset.UtcNow;
        await client.Schedules.CreateAsync(
            new Schedule("secondly", "scripted", Timetable.Every(TimeSpan.FromSeconds(1)))
            {
                Input = Payload.Create("""{"commands":[]}"""u8),
                Options = new() { Overlap = OverlapPolicy.Allow, CatchUp = CatchUpPolicy.All },
            },
            Cancellation);
        var made = (await client.Schedules.DescribeAsync("secondly", Cancellation)).CreatedAt;

        await fleet.HurtAsync(TimeSpan.FromSeconds(Full ? 180 : 15), Cancellation);
        await fleet.AreThereAsync(client);
        var healed = (await client.Schedules.DescribeAsync("secondly", Cancellation)).NextAt!.Value;
        await Eventually.HoldsAsync("Schedules are fired again", async () =>
            (await client.Schedules.DescribeAsync("secondly", Cancellation)).LastAt > healed.AddSeconds(1));
        await client.Schedules.PauseAsync("secondly", cancellationToken: Cancellation);
        await Eventually.HoldsAsync("Everything has ended", async () =>
            (await AllAsync(client)).All(row => row.State == ExecutionState.Completed));
        var ends = await fleet.EndAsync(client);

        var starts = new List<string>();
        foreach (var row in await AllAsync(client))
        {
            starts.Add((await client.Execution(row.Id).DescribeAsync(Cancellation)).Journal[0].Key);
        }

        starts.Sort(StringComparer.Ordinal);
        var first = DateTimeOffset.Parse(starts[0].Split('#')[1], CultureInfo.InvariantCulture);
        var expected = Enumerable.Range(0, starts.Count)
            .Select(i => $"secondly#{first.AddSeconds(i).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        output.WriteLine($"{starts.Count} instants, {fleet.Incidents.Count} faults.");
        Assert.Equal(expected, starts);
        // Counted from when it was to be made; an instant's key has whole seconds.
        Assert.InRange(first, asked.AddSeconds(-1), made.AddSeconds(1));
        Assert.InRange(starts.Count, Full ? 180 : 15, int.MaxValue);
        Assert.Contains(fleet.Incidents, static incident => incident.Fault == Fault.Kill);
        Assert.All(ends, end => Assert.Equal(0, end));
    }

    private static async Task<List<ExecutionRow>> AllAsync(IHydraClient client)
    {
        var rows = new List<ExecutionRow>();
        IReadOnlyList<ExecutionRow> page;
        do
        {
            ExecutionId? before = rows.Count == 0 ? null : rows[^1].Id;
            page = await Patiently.ReadAsync(() => client.ListAsync(
                new() { Limit = 1_000, Before = before }, Cancellation));
            rows.AddRange(page);
        }
        while (page.Count == 1_000);

        return rows;
    }
}
