using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

public class StepTimeoutTests
{
    private static readonly RetryPolicy AtOnce = new() { MaxAttempts = 2, Backoff = TimeSpan.Zero };

    [Fact]
    public async Task A_body_whose_time_is_up_hears_it_by_its_token_and_fails_with_a_timeout()
    {
        await using var world = new World();
        var firedAt = TimeSpan.Zero;
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync(
                "slow",
                async token =>
                {
                    if (StepContext.Current!.Attempt == 2)
                    {
                        return 7;
                    }

                    try
                    {
                        await Task.Delay(Timeout.Infinite, token);
                    }
                    finally
                    {
                        firedAt = world.Elapsed;
                    }

                    return 0;
                },
                new() { Timeout = TimeSpan.FromSeconds(10), Retry = AtOnce }),
            0);

        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(7, result);
        Assert.Equal(TimeSpan.FromSeconds(10), firedAt);
        var failed = Assert.Single(details.Tries, row => row.Phase == TryPhase.Failed);
        Assert.Equal("System.TimeoutException", failed.Failure.Failure().Type);
        Assert.Equal("System.Threading.Tasks.TaskCanceledException", failed.Failure.Failure().Inner![0].Type);
        Assert.Equal(2, Assert.Single(details.Steps()).Attempt);
    }

    [Fact]
    public async Task The_next_try_waits_for_a_body_that_ignores_its_token()
    {
        await using var world = new World();
        var running = 0;
        var most = 0;
        var release = new TaskCompletionSource();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync(
                "stubborn",
                async _ =>
                {
                    most = Math.Max(most, Interlocked.Increment(ref running));
                    var attempt = StepContext.Current!.Attempt;
                    if (attempt == 1)
                    {
                        await release.Task;
                    }

                    Interlocked.Decrement(ref running);
                    return attempt == 1 ? throw new InvalidOperationException("too late") : attempt;
                },
                new() { Timeout = TimeSpan.FromSeconds(10), Retry = AtOnce }),
            0);
        await world.PassAsync(TimeSpan.FromSeconds(25));

        release.SetResult();
        var result = await world.Until(handle.ResultAsync());

        Assert.Equal((2, 1), (result, most));
    }

    [Fact]
    public async Task The_next_try_waits_no_longer_than_thirty_seconds_for_a_body_that_never_ends()
    {
        await using var world = new World();
        var starts = new List<TimeSpan>();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync(
                "stuck",
                async _ =>
                {
                    starts.Add(world.Elapsed);
                    if (starts.Count == 1)
                    {
                        await Task.Delay(Timeout.Infinite, CancellationToken.None);
                    }

                    return 7;
                },
                new() { Timeout = TimeSpan.FromSeconds(10), Retry = AtOnce }),
            0);

        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(7, result);
        Assert.InRange(starts[1].TotalSeconds, 40, 41);
        Assert.Equal("System.TimeoutException", Assert.Single(
            details.Tries, row => row.Phase == TryPhase.Failed).Failure.Failure().Type);
    }

    [Fact]
    public async Task A_body_that_still_succeeds_after_its_time_has_succeeded()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync(
                "late", _ => end.Task, new() { Timeout = TimeSpan.FromSeconds(10) }),
            0);
        await world.PassAsync(TimeSpan.FromSeconds(15));

        end.SetResult(7);

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_body_that_blocks_its_thread_is_given_up_as_well()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync(
                "blocking",
                _ =>
                {
                    world.Clock.Advance(TimeSpan.FromSeconds(45)); // It comes back long after it was given up.
                    return Task.FromResult(7);
                },
                new() { Timeout = TimeSpan.FromSeconds(1), Retry = RetryPolicy.None }),
            0,
            new() { MaxAttempts = 1 });

        var details = await world.EndOf(handle);

        var entry = Assert.Single(details.Steps());
        Assert.True(entry.Failed);
        Assert.Equal("System.TimeoutException", entry.Output.Failure().Type);
    }

    [Fact]
    public async Task The_workflow_s_step_timeout_holds_for_steps_without_their_own()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("slow", Forever, new() { Retry = RetryPolicy.None }),
            0,
            new() { MaxAttempts = 1 },
            new() { StepTimeout = TimeSpan.FromSeconds(10) });

        var details = await world.EndOf(handle);

        var entry = Assert.Single(details.Steps());
        Assert.Equal("System.TimeoutException", entry.Output.Failure().Type);
        Assert.Equal(TimeSpan.FromSeconds(10), entry.At.Time());
    }

    [Theory]
    [InlineData(60)]
    [InlineData(36_500)]
    public async Task A_timeout_may_be_longer_than_any_timer(int days)
    {
        await using var world = new World();

        var result = await world.RunAsync(context => context.StepAsync(
            "quick", _ => Task.FromResult(7), new() { Timeout = TimeSpan.FromDays(days), Retry = RetryPolicy.None }));

        Assert.Equal(7, result);
    }

    [Fact]
    public async Task The_longest_timeout_is_none_at_all()
    {
        await using var world = new World();

        var result = await world.RunAsync(context => context.StepAsync(
            "quick", _ => Task.FromResult(7), new() { Timeout = TimeSpan.MaxValue, Retry = RetryPolicy.None }));

        Assert.Equal(7, result);
    }

    [Fact]
    public async Task The_timeout_of_a_step_counts_before_that_of_its_workflow()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            static (WorkflowContext context, int _) => context.StepAsync(
                "slow", Forever, new() { Timeout = TimeSpan.FromSeconds(10), Retry = RetryPolicy.None }),
            0,
            new() { MaxAttempts = 1 },
            new() { StepTimeout = TimeSpan.FromSeconds(30) });

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalSeconds, 10, 11);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_timeout_that_is_not_positive_is_refused(int seconds)
    {
        await using var world = new World();

        var message = await world.RunAsync(context => Task.FromResult(
            Thrown.AtOnce<ArgumentOutOfRangeException>(() => context.StepAsync(
                "quick", Forever, new() { Timeout = TimeSpan.FromSeconds(seconds) })).Message));

        Assert.Contains("Timeout", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_never_tries_is_refused()
    {
        await using var world = new World();

        var message = await world.RunAsync(context => Task.FromResult(
            Thrown.AtOnce<ArgumentOutOfRangeException>(() => context.StepAsync(
                "quick", Forever, new() { Retry = new() { MaxAttempts = 0 } })).Message));

        Assert.Contains("Retry.MaxAttempts", message, StringComparison.Ordinal);
    }

    private static async Task<int> Forever(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }
}
