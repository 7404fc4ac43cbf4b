using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Attempts;

/// <summary>Somebody who has mended what was broken need not wait for the delays that it led to.</summary>
public class RetryNowTests
{
    private static readonly StepOptions Patient = new()
    {
        Retry = new RetryPolicy { Backoff = TimeSpan.FromHours(1), MaxBackoff = TimeSpan.FromHours(1) },
    };

    [Fact]
    public async Task Between_attempts_the_next_begins_at_once()
    {
        await using var world = new World();
        var broken = true;
        var handle = await world.StartAsync(
            (WorkflowContext _, int number) => broken
                ? throw new InvalidOperationException("no")
                : Task.FromResult(number),
            7,
            new() { RetryBackoff = TimeSpan.FromHours(1) });
        await world.RestAsync();
        broken = false;

        Assert.Equal(RetryOutcome.Due, await handle.RetryAsync());

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
        Assert.InRange(world.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await handle.StatusAsync()).Attempt);
    }

    [Fact]
    public async Task A_step_that_waits_for_its_next_try_is_tried_at_once_and_counts_on()
    {
        await using var world = new World();
        var tries = new List<double>();
        var handle = await world.StartAsync(
            (WorkflowContext context, int number) => context.StepAsync(
                "flaky",
                number,
                (input, _) =>
                {
                    tries.Add(world.Elapsed.TotalSeconds);
                    return tries.Count < 3 ? throw new InvalidOperationException("no") : Task.FromResult(input);
                },
                Patient),
            7);
        var suspended = await world.Now(handle);

        Assert.Equal(RetryOutcome.Due, await handle.RetryAsync());
        var again = await world.Now(handle);

        Assert.Equal((ExecutionState.Sleeping, "flaky"), (suspended.Row.State, suspended.Row.WaitsFor));
        Assert.Equal([0, 0], tries);
        Assert.Equal([1, 2], again.Tries.Select(row => row.Attempt));
        Assert.Equal(ExecutionState.Sleeping, again.Row.State); // The second failure makes it wait anew.
        await handle.RetryAsync();
        Assert.Equal(7, await world.Until(handle.ResultAsync()));
        Assert.InRange(world.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_sleep_beside_a_step_goes_on_sleeping()
    {
        await using var world = new World();
        var tries = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int number) =>
            {
                var flaky = context.StepAsync(
                    "flaky",
                    number,
                    (input, _) => ++tries < 2 ? throw new InvalidOperationException("no") : Task.FromResult(input),
                    Patient);
                await context.SleepAsync(TimeSpan.FromMinutes(5));
                return await flaky;
            },
            7);
        await world.RestAsync();

        Assert.Equal(RetryOutcome.Due, await handle.RetryAsync());
        var details = await world.Now(handle);

        Assert.Equal((2, ExecutionState.Sleeping, "sleep"), (tries, details.Row.State, details.Row.WaitsFor));
        Assert.Equal(RetryOutcome.NothingToRetry, await handle.RetryAsync());
        await world.Until(handle.ResultAsync());
        Assert.InRange(world.Elapsed, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6));
    }

    [Fact]
    public async Task What_this_build_refused_it_tries_again()
    {
        await using var world = new World();
        var first = "charge";
        var handle = await world.StartAsync(
            async (WorkflowContext context, int number) =>
            {
                await context.StepAsync(first, _ => Task.CompletedTask);
                await context.SleepAsync(TimeSpan.FromMinutes(5));
                return number;
            },
            7);
        await world.RestAsync();
        first = "debit";
        await world.PassAsync(TimeSpan.FromMinutes(6));
        var blocked = await world.Now(handle);
        first = "charge";

        Assert.Equal(RetryOutcome.Due, await handle.RetryAsync());

        Assert.Equal(BlockedReason.Mismatch, blocked.Row.BlockedReason);
        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task What_has_ended_must_be_started_anew()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext _, int number) => Task.FromResult(number), 7);
        await world.EndOf(handle);

        Assert.Equal(RetryOutcome.AlreadyEnded, await handle.RetryAsync());
    }
}
