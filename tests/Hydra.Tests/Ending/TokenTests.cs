using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Ending;

/// <summary>The token of a workflow's context: whose it is, and what happens when it fires.</summary>
public class TokenTests
{
    private static readonly StartOptions Once = new() { MaxAttempts = 1 };

    [Fact]
    public async Task A_body_is_refused_the_context_s_token()
    {
        await using var world = new World();

        var message = await world.RunAsync(context => context.StepAsync("work", _ => Task.FromResult(
            Assert.Throws<InvalidOperationException>(() => context.CancellationToken).Message)));

        Assert.Contains("use the token that it is given", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_a_callback_on_the_token_withdraws_ends_by_that()
    {
        await using var world = new World();
        bool[] isOwn = [];
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                using var lose = new CancellationTokenSource();
                await using var registration = context.CancellationToken.Register(lose.Cancel);
                var lost = context.StepAsync(
                    "lost", static token => Task.Delay(Timeout.Infinite, token), cancellationToken: lose.Token);
                var other = context.StepAsync("other", static token => Task.Delay(Timeout.Infinite, token));
                var withdrawn = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lost);
                var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
                isOwn = [withdrawn.CancellationToken == lose.Token, cancelled.CancellationToken == lose.Token];
                return 7;
            },
            0,
            Once);
        await world.RestAsync();

        await handle.CancelAsync();
        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal([true, false], isOwn);
    }

    [Fact]
    public async Task A_body_that_listens_to_its_token_holds_up_no_shutdown()
    {
        await using var world = new World();
        await world.StartAsync(
            static async (WorkflowContext context, int _) =>
            {
                await context.StepAsync("slow", static token => Task.Delay(Timeout.Infinite, token));
                return 7;
            },
            0);
        await world.RestAsync();

        await world.CloseAsync();

        Assert.InRange(world.Elapsed.TotalSeconds, 0, 1);
    }

    [Fact]
    public async Task A_body_that_waits_for_the_context_s_token_does_not_go_on_inside_a_turn()
    {
        await using var world = new World();
        var refused = new TaskCompletionSource<(string Message, bool CodeWentOn)>();
        using var told = new ManualResetEventSlim(); // By the code, in the turn or after it.
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var token = context.CancellationToken;
                try
                {
                    await context.StepAsync("work", async _ =>
                    {
                        var source = new TaskCompletionSource();
                        await using var registration = token.Register(() => source.TrySetResult());
                        await source.Task.ConfigureAwait(false);
                        var codeWentOn = told.Wait(5_000, CancellationToken.None);
                        var inner = Thrown.AtOnce<InvalidOperationException>(
                            () => context.StepAsync("inner", _ => Task.CompletedTask));
                        refused.SetResult((inner.Message, codeWentOn));
                    });
                }
                finally
                {
                    told.Set();
                }

                return 1;
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await world.Until(handle.CancelAsync());

        var details = await world.EndOf(handle);
        var (message, codeWentOn) = await refused.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
        Assert.Contains("from a step body", message, StringComparison.Ordinal);
        Assert.True(codeWentOn);
        Assert.DoesNotContain(details.Journal, entry => entry.Key == "inner");
    }

    [Fact]
    public async Task A_callback_that_a_body_registers_on_the_context_s_token_makes_no_durable_calls()
    {
        await using var world = new World();
        var refused = new TaskCompletionSource<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var token = context.CancellationToken;
                await context.StepAsync("work", async given =>
                {
                    await using var registration = token.Register(() => refused.SetResult(
                        Thrown.AtOnce<InvalidOperationException>(() => context.SleepAsync(TimeSpan.Zero)).Message));
                    await Task.Delay(Timeout.Infinite, given);
                });
                return 1;
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await world.Until(handle.CancelAsync());

        Assert.Equal(ExecutionState.Cancelled, (await world.EndOf(handle)).Row.State);
        var message = await refused.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("from a step body", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_callback_of_the_workflow_runs_in_the_turn_and_its_calls_are_not_cancelled(bool inItsContext)
    {
        await using var world = new World();
        var undone = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                Task<int>? undo = null;
                context.CancellationToken.Register(
                    () => undo = context.StepAsync("undo", _ => Task.FromResult(++undone)), inItsContext);
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                }
                catch (OperationCanceledException)
                {
                    await context.SleepAsync(TimeSpan.FromMinutes(1));
                }

                return await undo!;
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await world.Until(handle.CancelAsync());

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 1), (details.Row.State, undone));
        Assert.Equal(
            [EntryKind.Input, EntryKind.Cancellation, EntryKind.Step, EntryKind.Sleep, EntryKind.Terminal],
            details.Kinds());
        Assert.DoesNotContain("Error", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_a_callback_sets_free_goes_on_by_an_outcome_of_its_own_and_replays()
    {
        await using var world = new World();
        var runs = 0;
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            runs++;
            var freed = new TaskCompletionSource();
            context.CancellationToken.Register(() => freed.TrySetResult());
            await Task.WhenAll(Branch("a"), Branch("b"));
            return 7;

            async Task Branch(string name)
            {
                await Task.WhenAny(freed.Task, context.SleepAsync(TimeSpan.FromDays(1)));
                await context.StepAsync(name, _ => Task.CompletedTask);
                await context.SleepAsync(TimeSpan.FromMinutes(1));
            }
        };
        var handle = await world.StartAsync(run, 0, Once);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await world.Until(handle.CancelAsync());
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await world.CrashAsync();
        var client = await world.OpenAsync(run);

        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.True(runs >= 3, $"It ran {runs} times.");
        Assert.Equal(
            [EntryKind.Input, EntryKind.Cancellation, EntryKind.Foreign, EntryKind.Foreign],
            details.Kinds().Take(4));
        Assert.DoesNotContain("Error", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_withdrawn_by_a_token_behind_the_context_s_own_goes_on_in_the_turn(bool inItsContext)
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                using var own = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1), own.Token).ConfigureAwait(inItsContext);
                }
                catch (OperationCanceledException)
                {
                    await context.StepAsync("undo", _ => Task.CompletedTask).ConfigureAwait(inItsContext);
                }

                return 7;
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await world.Until(handle.CancelAsync());

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(
            [EntryKind.Input, EntryKind.Cancellation, EntryKind.Step, EntryKind.Terminal], details.Kinds());
    }
}
