using Hydra.Testing;
using Hydra.Tests.Support;
using static Hydra.Tests.Scheduling.ScheduleTests;

namespace Hydra.Tests.Scheduling;

/// <summary>
/// Calls whose first try is written and not answered, when somebody else changes the schedule before the second.
/// </summary>
public sealed class DoubtfulCallTests
{
    private static readonly Timetable EveryMinute = Timetable.Cron("* * * * *");

    [Theory]
    [InlineData(OverlapPolicy.Allow)]
    [InlineData(OverlapPolicy.Skip)]
    public async Task A_trigger_starts_one_execution_and_answers_it(OverlapPolicy overlap)
    {
        await using var world = new World();
        var other = await OpenAsync(world);
        var client = await OpenInDoubtAsync(world, () => other.Schedules.PauseAsync("s"));
        await other.Schedules.CreateAsync(Of("s", "test", EveryMinute) with { Options = new() { Overlap = overlap } });
        await world.RestAsync(); // The worker has looked at it.

        var handle = await world.Until(client.Schedules.TriggerAsync("s"));

        Assert.NotNull(handle);
        Assert.Equal(["00:00:00"], await Outputs(world, other));
        Assert.Equal(ExecutionState.Completed, (await handle.DescribeAsync()).Row.State);
        Assert.Equal(1, (await other.Schedules.DescribeAsync("s")).Started);
    }

    [Fact]
    public async Task A_trigger_whose_schedule_is_gone_answers_what_it_has_started()
    {
        await using var world = new World();
        var other = await OpenAsync(world);
        var client = await OpenInDoubtAsync(world, () => other.Schedules.DeleteAsync("s"));
        await other.Schedules.CreateAsync(Of("s", "test", EveryMinute));
        await world.RestAsync(); // The worker has looked at it.

        Assert.NotNull(await world.Until(client.Schedules.TriggerAsync("s")));
        Assert.Equal(["00:00:00"], await Outputs(world, other));
    }

    [Fact]
    public async Task A_trigger_waits_once()
    {
        await using var world = new World();
        var other = await world.OpenAsync(_ => { }, worker: null);
        var client = await OpenInDoubtAsync(world, () => other.Schedules.PauseAsync("s"));
        await other.Schedules.CreateAsync(Of("s", "test", EveryMinute) with
        {
            Options = new() { Overlap = OverlapPolicy.BufferAll },
        });
        await other.Schedules.TriggerAsync("s");

        Assert.Null(await world.Until(client.Schedules.TriggerAsync("s")));
        Assert.Single((await other.Schedules.DescribeAsync("s")).Waiting);
    }

    [Fact]
    public async Task A_range_of_the_past_is_added_once()
    {
        await using var world = new World();
        var other = await world.OpenAsync(_ => { }, worker: null);
        var client = await OpenInDoubtAsync(world, () => other.Schedules.PauseAsync("s"));
        await other.Schedules.CreateAsync(Of("s", "test", EveryMinute));

        await world.Until(client.Schedules.BackfillAsync("s", World.Start.AddDays(-1), World.Start));

        Assert.Equal(1, (await other.Schedules.DescribeAsync("s")).Backfills);
    }

    /// <summary>A client whose first change is written, but not answered before somebody else's.</summary>
    private static Task<IHydraClient> OpenInDoubtAsync(World world, Func<Task> between) => world.OpenAsync(
        hydra => hydra.UseStore(setup => new FaultyStore(
            new InMemoryWorkflowStore(world.Database, setup.Namespace),
            call =>
            {
                if (call is { Kind: StoreCallKind.ApplySchedule, Number: 2 })
                {
                    between().GetAwaiter().GetResult();
                }

                return call is { Kind: StoreCallKind.ApplySchedule, Number: 1 } ? StoreFault.AfterCall : null;
            })),
        worker: null);
}
