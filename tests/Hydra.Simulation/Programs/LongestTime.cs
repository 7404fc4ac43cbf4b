using System.Diagnostics;

namespace Hydra.Simulation.Programs;

/// <summary>How long a program can take when nothing goes wrong any more: whatever takes longer never ends.</summary>
/// <remarks>
/// All branches one after the other, every try and every delay, and both ways of a choice: far too much, but finite.
/// </remarks>
internal static class LongestTime
{
    /// <summary>Round trips and the wait for the next look, for each try and for each sleep.</summary>
    private static readonly TimeSpan Overhead = TimeSpan.FromSeconds(6);

    /// <summary>What one attempt at a program takes at most.</summary>
    public static TimeSpan Of(Node node) => node switch
    {
        Node.Step step => Of(step.Plan),
        Node.Sleep sleep => sleep.Duration + Overhead,
        Node.Foreign foreign => foreign.Duration + Overhead,
        Node.Yield or Node.Throw => TimeSpan.Zero,
        Node.Sequence sequence => Sum(sequence.Parts),
        Node.Parallel parallel => Sum(parallel.Branches),
        Node.AllSteps all => Sum(all.Plans),
        Node.Race race => Sum(race.Branches),
        Node.AnyStep any => Sum(any.Plans) + (any.Alarm ?? TimeSpan.Zero) + Overhead,
        Node.Each each => Sum(each.Plans) + each.Alarm + Overhead,
        Node.Loop loop => loop.Times * Of(loop.Body),
        Node.Choice choice => Sum(choice.Even, choice.Odd),
        Node.Try guarded => Sum(guarded.Body, guarded.Fallback),
        Node.Cleanup guarded => Sum(guarded.Body, guarded.Compensation),
        _ => throw new UnreachableException(),
    };

    private static TimeSpan Of(StepPlan plan)
    {
        var retry = plan.Options.Retry ?? RetryPolicy.None;
        var sum = TimeSpan.Zero;
        for (var attempt = 1; attempt <= retry.MaxAttempts; attempt++)
        {
            sum += plan.Duration + retry.DelayAfter(attempt, chance: 0) + Overhead;
        }

        return sum;
    }

    private static TimeSpan Sum(params ReadOnlySpan<Node> nodes)
    {
        var sum = TimeSpan.Zero;
        foreach (var node in nodes)
        {
            sum += Of(node);
        }

        return sum;
    }

    private static TimeSpan Sum(StepPlan[] plans) => plans.Aggregate(TimeSpan.Zero, (sum, plan) => sum + Of(plan));
}
