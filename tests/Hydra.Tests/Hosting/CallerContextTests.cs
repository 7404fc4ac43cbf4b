namespace Hydra.Tests.Hosting;

/// <summary>Calls from a thread that runs its own continuations, as UI threads do, and that blocks on them.</summary>
public class CallerContextTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_thread_that_blocks_on_every_call_is_not_deadlocked()
    {
        var result = await OnBusyThread(() =>
        {
            var hydra = HydraEngine.OpenAsync(hydra => hydra
                .UseInMemory()
                .AddWorkflow("test", async (WorkflowContext context, int number) =>
                {
                    await context.SleepAsync(TimeSpan.FromMilliseconds(10));
                    return await context.StepAsync("double", number, (input, _) => Task.FromResult(2 * input));
                })
                .AddWorker()).GetAwaiter().GetResult();
            var client = hydra.Client;
            var handle = client.Workflow<int, int>("test").StartAsync(21).GetAwaiter().GetResult();
            var result = handle.ResultAsync().GetAwaiter().GetResult();
            _ = handle.OutputAsync().GetAwaiter().GetResult();
            _ = handle.WaitAsync().GetAwaiter().GetResult();
            _ = handle.StatusAsync().GetAwaiter().GetResult();
            _ = handle.DescribeAsync().GetAwaiter().GetResult();
            _ = handle.CancelAsync().GetAwaiter().GetResult();
            _ = client.ListAsync().GetAwaiter().GetResult();
            _ = client.WorkersAsync().GetAwaiter().GetResult();
            _ = client.StartAsync("test", Payload.Create("1"u8)).GetAwaiter().GetResult();
            hydra.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return result;
        });

        Assert.Equal(42, result);
    }

    [Fact]
    public async Task The_caller_s_context_is_there_again_after_a_call()
    {
        await using var hydra = await HydraEngine.OpenAsync(hydra => hydra.UseInMemory());

        var stays = await OnBusyThread(() =>
        {
            var before = SynchronizationContext.Current;
            _ = hydra.Client.Workflow<int, int>("test").StartAsync(1);
            return before is not null && before == SynchronizationContext.Current;
        });

        Assert.True(stays);
    }

    /// <summary>Runs an action on a thread whose continuations would only run after it.</summary>
    private static Task<T> OnBusyThread<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new BusyContext());
            try
            {
                done.SetResult(action());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return done.Task.WaitAsync(Patience);
    }

    private sealed class BusyContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            // The thread is blocked in the action and never comes to this.
        }
    }
}
