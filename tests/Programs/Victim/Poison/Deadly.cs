using Hydra;

namespace Victim.Poison;

/// <summary>Poison that takes its process along.</summary>
internal static class Deadly
{
    public static void AddTo(HydraBuilder hydra)
    {
        hydra.AddWorkflow("fails-fast", async (WorkflowContext context, int number) =>
            await context.StepAsync("exit", number, static (number, _) =>
            {
                if (!PoisonWorker.IsFixed)
                {
                    Environment.FailFast("Poison.");
                }

                return Task.FromResult(number);
            }));
        hydra.AddWorkflow("overflows", async (WorkflowContext context, int number) =>
        {
            await context.StepAsync("before", number, static (number, _) => Task.FromResult(number));
            return PoisonWorker.IsFixed ? number : Deepen(number);
        });
        hydra.AddWorkflow("overflows-in-a-step", async (WorkflowContext context, int number) =>
            await context.StepAsync("deepen", number, static (number, _) =>
                Task.FromResult(PoisonWorker.IsFixed ? number : Deepen(number))));
    }

    private static int Deepen(int depth)
    {
        Span<byte> frame = stackalloc byte[1024]; // So that the end comes soon, and no loop can replace the call.
        frame.Fill((byte)depth);
        return Deepen(depth + 1) + frame[depth % frame.Length];
    }
}
