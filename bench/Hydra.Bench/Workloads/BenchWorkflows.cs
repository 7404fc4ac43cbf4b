using System.Collections.Concurrent;
using System.Diagnostics;

namespace Hydra.Bench;

/// <summary>The workflows that are run. What they note on the side is for this process's measurements only.</summary>
internal static class BenchWorkflows
{
    public const string OneStep = "one-step";
    public const string FiveSteps = "five-steps";
    public const string TenSteps = "ten-steps";
    public const string Sleeper = "sleeper";
    public const string Long = "long";
    public const string Replayed = "replayed";

    /// <summary>How late each sleeper went on, in milliseconds.</summary>
    public static ConcurrentQueue<double> Lags { get; } = [];

    /// <summary>When each step of the long execution began, as a timestamp.</summary>
    public static List<long> Begins { get; } = [];

    /// <summary>When the code of the replayed execution last began, and when it had caught up.</summary>
    public static (long Begun, long CaughtUp) Replay { get; private set; }

    public static void Add(HydraBuilder hydra)
    {
        hydra.AddWorkflow(OneStep, (WorkflowContext context, int value) => AddOnesAsync(context, value, steps: 1));
        hydra.AddWorkflow(FiveSteps, (WorkflowContext context, int value) => AddOnesAsync(context, value, steps: 5));
        hydra.AddWorkflow(TenSteps, (WorkflowContext context, int value) => AddOnesAsync(context, value, steps: 10));
        hydra.AddWorkflow<TimeSpan>(Sleeper, SleepAsync);
        hydra.AddWorkflow<int>(Long, RunLongAsync);
        hydra.AddWorkflow<ReplayPlan>(Replayed, RunReplayedAsync);
    }

    private static async Task<int> AddOnesAsync(WorkflowContext context, int value, int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            value = await context.StepAsync("add", value, AddOneAsync);
        }

        return value;
    }

    private static async Task SleepAsync(WorkflowContext context, TimeSpan duration)
    {
        var due = context.UtcNow + duration;
        await context.SleepAsync(duration);
        Lags.Enqueue((DateTimeOffset.UtcNow - due).TotalMilliseconds);
    }

    private static async Task RunLongAsync(WorkflowContext context, int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            await context.StepAsync("add", i, (value, token) =>
            {
                Begins.Add(Stopwatch.GetTimestamp());
                return AddOneAsync(value, token);
            });
        }
    }

    private static async Task RunReplayedAsync(WorkflowContext context, ReplayPlan plan)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < plan.Steps; i++)
        {
            await context.StepAsync("add", i, AddOneAsync);
        }

        Replay = (begun, Stopwatch.GetTimestamp());
        await context.SleepAsync(plan.Sleep);
    }

    private static Task<int> AddOneAsync(int value, CancellationToken token) => Task.FromResult(value + 1);
}
