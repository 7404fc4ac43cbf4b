using Hydra;

namespace Victim.Poison;

/// <summary>Poison that does not end, or not soon, whatever it is told.</summary>
internal static class Endless
{
    private static readonly StepOptions Once = new() { Retry = new RetryPolicy { MaxAttempts = 1 } };

    public static void AddTo(HydraBuilder hydra)
    {
        hydra.AddWorkflow("never-yields", (WorkflowContext _, int number) =>
        {
            Spin();
            return Task.FromResult(number);
        });
        hydra.AddWorkflow("waits-for-itself", (WorkflowContext context, int number) => Task.FromResult(
            PoisonWorker.IsFixed
                ? number
                : context.StepAsync("late", number, static (number, _) => Task.FromResult(number)).Result));
        hydra.AddWorkflow(
            "spins-in-a-step",
            async (WorkflowContext context, int number) => await context.StepAsync(
                "spin",
                number,
                static (number, _) =>
                {
                    Spin();
                    return Task.FromResult(number);
                },
                Once with { Timeout = TimeSpan.FromSeconds(1) }));
        hydra.AddWorkflow("ignores-its-token", async (WorkflowContext context, int number) =>
            await context.StepAsync("deaf", number, static async (number, _) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
                return number;
            }));
        hydra.AddWorkflow("blocks-the-pool", async (WorkflowContext context, Blockade blockade) =>
        {
            await Task.WhenAll(Enumerable.Range(0, blockade.Calls).Select(call => context.StepAsync(
                "block", (call, blockade.Millis), static (given, _) =>
                {
                    Block(given.call, given.Millis);
                    return Task.FromResult(given.call);
                })));
            return blockade.Calls;
        });
    }

    private static void Spin()
    {
        while (!PoisonWorker.IsFixed)
        {
        }
    }

    /// <summary>Half of them sleep, which the pool does not notice, half wait for a task, which it does.</summary>
    private static void Block(int call, int millis)
    {
        if (call % 2 == 0)
        {
            Thread.Sleep(millis);
        }
        else
        {
            using var never = new SemaphoreSlim(0);
            never.WaitAsync().Wait(millis);
        }
    }
}
