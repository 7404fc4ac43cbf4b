using Hydra.Tests.Support;

namespace Hydra.Tests.Scheduling;

/// <summary>More schedules at one moment than a worker looks at together.</summary>
public class ManySchedulesTests
{
    [Fact]
    public async Task All_that_are_due_at_one_moment_are_fired_then()
    {
        await using var world = new World();
        var client = await world.OpenAsync(static hydra =>
            hydra.AddWorkflow("test", static (WorkflowContext _, Nothing _) => Task.FromResult(1)));
        for (var i = 0; i < 250; i++)
        {
            await world.Until(client.Schedules.PutAsync(
                new($"s{i:000}", "test", Timetable.Cron("* * * * *")), TestContext.Current.CancellationToken));
        }

        await world.PassAsync(TimeSpan.FromSeconds(61));

        var all = await client.Schedules.ListAsync(
            limit: 1_000, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(250, all.Count);
        Assert.All(all, static one => Assert.Equal(1, one.Started));
    }
}
