using Hydra;

namespace Victim.Poison;

/// <summary>Poison in what is written and read: too large, or with a type that cannot be.</summary>
internal static class Unspeakable
{
    private const int Large = 50 * 1024 * 1024;

    private static readonly StepOptions Once = new() { Retry = new RetryPolicy { MaxAttempts = 1 } };

    public static void AddTo(HydraBuilder hydra)
    {
        var onceOnly = new WorkflowOptions { MaxAttempts = 1 };
        hydra.AddWorkflow(
            "returns-too-much",
            (WorkflowContext _, int number) => Task.FromResult(new string('x', Large + number)),
            onceOnly);
        hydra.AddWorkflow(
            "makes-too-much",
            async (WorkflowContext context, int number) => (await context.StepAsync(
                "make", number, static (number, _) => Task.FromResult(new string('x', Large + number)), Once)).Length,
            onceOnly);
        hydra.AddWorkflow(
            "cannot-be-written",
            async (WorkflowContext context, int number) => (await context.StepAsync(
                "write", number, static (number, _) => Task.FromResult(new Fragile(number)), Once)).Number,
            onceOnly);
        hydra.AddWorkflow("output-cannot-be-read", async (WorkflowContext context, int number) =>
        {
            var faded = await context.StepAsync(
                "make", number, static (number, _) => Task.FromResult(new Faded(number, Environment.ProcessId)));
            return await context.StepAsync("leave", faded.Number, static (number, _) =>
            {
                if (!PoisonWorker.IsFixed)
                {
                    Environment.FailFast("Another process is to replay it."); // Which cannot read what this one made.
                }

                return Task.FromResult(number);
            });
        });
        hydra.AddWorkflow("cannot-be-read", (WorkflowContext _, Brittle input) => Task.FromResult(input.Number));
    }
}
