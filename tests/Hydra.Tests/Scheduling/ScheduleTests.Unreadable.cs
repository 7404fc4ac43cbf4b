using System.Text;
using Hydra.Engine.Scheduling;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Scheduling;

/// <content>Schedules whose rows cannot be read, here or by anybody.</content>
public partial class ScheduleTests
{
    [Fact]
    public async Task A_schedule_that_cannot_be_read_here_says_why_and_hides_no_others()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        foreach (var name in new[] { "good", "torn", "zone" })
        {
            await client.Schedules.CreateAsync(Of(name, "test", EveryMinute));
        }

        await world.RestAsync();
        await ChangeAsync("torn", static row => row with
        {
            Definition = Payload.Create("7"u8),
            Progress = Payload.Create("{"u8),
        });
        await ChangeAsync("zone", static row => row with
        {
            Definition = ScheduleJson.Write(ScheduleJson.ReadDefinition(row) with { TimeZone = "Mars/Olympus" }),
        });

        var all = await client.Schedules.ListAsync();
        await client.Schedules.PauseAsync("zone", "moved to Mars");
        var paused = await client.Schedules.DescribeAsync("zone");
        await client.Schedules.DeleteAsync("torn");

        Assert.Equal(["good", "torn", "zone"], all.Select(static one => one.Schedule.Name));
        Assert.Null(all[0].Problem);
        Assert.NotNull(all[0].NextAt);
        Assert.Contains("'torn' cannot be read", all[1].Problem, StringComparison.Ordinal);
        Assert.Contains("'Mars/Olympus' is not known", all[2].Problem, StringComparison.Ordinal);
        Assert.Equal((true, "moved to Mars"), (paused.Paused, paused.Note));
        Assert.Equal("* * * * * Mars/Olympus", paused.Schedule.Timetable.ToString());
        Assert.Throws<ArgumentException>(() => paused.Schedule.Timetable.Next(World.Start));

        async Task ChangeAsync(string name, Func<ScheduleRow, ScheduleRow> change)
        {
            var store = new InMemoryWorkflowStore(world.Database, client.Namespace).Schedules!;
            var row = (await store.FindAsync(name, TestContext.Current.CancellationToken))!;
            await store.ApplyAsync(
                new ScheduleChange
                {
                    Name = name,
                    ExpectedChange = row.ChangeId,
                    Row = change(row) with { ChangeId = 1, DueAt = Instant.Never },
                },
                TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData(null, "{")]
    [InlineData("7", null)]
    [InlineData("7", "{}")]
    [InlineData(null, """{"incarnation":1,"cursor":0,"waiting":null}""")]
    public async Task A_declared_schedule_that_is_damaged_stops_no_engine_says_so_and_is_left_until_it_is_deleted(
        string? definition, string? progress)
    {
        await using var world = new World();
        var client = await world.OpenAsync(Declared("* * * * *", "old"));
        await world.CloseAsync();
        var stored = await DamageAsync(world, client.Namespace, definition, progress);

        client = await world.OpenAsync(Declared("*/2 * * * *", "new"));
        await world.PassAsync((3 * Minute) + TimeSpan.FromSeconds(1));
        var damaged = await client.Schedules.DescribeAsync("s");
        var health = await world.ReadyAsync();
        var kept = await FindAsync(world, client.Namespace);

        // What it holds is not for a put to forget: a newer version may read it.
        await Assert.ThrowsAsync<PayloadException>(() => client.Schedules.PutAsync(Of("s", "test", EveryMinute)));
        await Assert.ThrowsAsync<PayloadException>(() => client.Schedules.UpdateAsync("s", static one => one));
        await client.Schedules.DeleteAsync("s");
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute) with { Input = Payload.Create("\"put\""u8) });
        var mended = await client.Schedules.DescribeAsync("s");
        await world.PassAsync((2 * Minute) + TimeSpan.FromSeconds(1));

        Assert.Contains("'s' cannot be read", damaged.Problem, StringComparison.Ordinal);
        Assert.Contains("Schedule s is declared, but what is stored", world.Log.ToString(), StringComparison.Ordinal);
        Assert.Equal((stored.Definition, stored.Progress), (kept.Definition, kept.Progress));
        var finding = Assert.Single(health, static one => one.Check == "schedules");
        Assert.True(finding.IsGood);
        Assert.EndsWith(": s.", finding.Detail, StringComparison.Ordinal);
        Assert.Null(mended.Problem);
        Assert.Equal(["put 00:04:00", "put 00:05:00"], await Outputs(world, client));
        Assert.Null(Assert.Single(await world.ReadyAsync(), static one => one.Check == "schedules").Detail);
    }

    [Fact]
    public async Task What_a_worker_could_not_fire_it_looks_at_again_as_soon_as_it_has_been_changed()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute));
        await world.RestAsync();
        await DamageAsync(world, client.Namespace, "7", null);
        await world.PassAsync(Minute + TimeSpan.FromSeconds(5)); // It cannot be fired, and is left alone for a minute.

        await client.Schedules.DeleteAsync("s");
        await client.Schedules.CreateAsync(Of("s", "test", Timetable.Every(TimeSpan.FromSeconds(10))));
        await world.PassAsync(TimeSpan.FromSeconds(11));

        Assert.Equal(["00:01:10"], await Outputs(world, client));
    }

    private static async Task<ScheduleRow> FindAsync(World world, string @namespace) =>
        (await new InMemoryWorkflowStore(world.Database, @namespace).Schedules!.FindAsync(
            "s", TestContext.Current.CancellationToken))!;

    /// <summary>Writes something else in the row of the schedule "s", past all engines.</summary>
    private static async Task<ScheduleRow> DamageAsync(
        World world, string @namespace, string? definition, string? progress)
    {
        var row = await FindAsync(world, @namespace);
        var answer = await new InMemoryWorkflowStore(world.Database, @namespace).Schedules!.ApplyAsync(
            new ScheduleChange
            {
                Name = "s",
                ExpectedChange = row.ChangeId,
                Row = row with
                {
                    ChangeId = 1,
                    Definition = definition is null ? row.Definition : Json(definition),
                    Progress = progress is null ? row.Progress : Json(progress),
                },
            },
            TestContext.Current.CancellationToken);
        return answer.Row!;
    }

    private static Payload Json(string text) => Payload.Create(Encoding.UTF8.GetBytes(text));
}
