namespace Hydra.Simulation.Programs;

/// <summary>A piece of a random workflow program.</summary>
internal abstract record Node
{
    private Node() // Closed: these and no more.
    {
    }

    /// <summary>Awaits one step.</summary>
    public sealed record Step(StepPlan Plan) : Node;

    /// <summary>Sleeps, durably.</summary>
    public sealed record Sleep(TimeSpan Duration) : Node;

    /// <summary>Goes through the scheduler once, without a durable call.</summary>
    public sealed record Yield : Node;

    /// <summary>Awaits something that is no durable call; only one such thing at a time.</summary>
    public sealed record Foreign(TimeSpan Duration, bool TakesToken) : Node;

    public sealed record Sequence(Node[] Parts) : Node;

    /// <summary>Awaits all of several branches.</summary>
    public sealed record Parallel(Node[] Branches) : Node;

    /// <summary>Awaits Task.WhenAll directly over the tasks of steps.</summary>
    public sealed record AllSteps(StepPlan[] Plans) : Node;

    /// <summary>Goes on with the first of several branches to end, and may await the others afterwards.</summary>
    public sealed record Race(Node[] Branches, bool ThenAll) : Node;

    /// <summary>Awaits Task.WhenAny directly over the tasks of steps, and of a sleep that ends the race.</summary>
    public sealed record AnyStep(StepPlan[] Plans, TimeSpan? Alarm, Losers Losers) : Node;

    /// <summary>Takes steps and a sleep as they complete.</summary>
    public sealed record Each(StepPlan[] Plans, TimeSpan Alarm) : Node;

    public sealed record Loop(int Times, Node Body) : Node;

    /// <summary>Goes one way or the other, by the last result.</summary>
    public sealed record Choice(Node Even, Node Odd) : Node;

    /// <summary>Falls back when a step fails.</summary>
    public sealed record Try(Node Body, Node Fallback) : Node;

    /// <summary>Cleans up when the execution is cancelled or times out, and then ends as such or goes on.</summary>
    public sealed record Cleanup(Node Body, Node Compensation, bool GoesOn) : Node;

    /// <summary>Throws when the time of the last outcome is odd, so that another attempt may fare better.</summary>
    public sealed record Throw(bool NonRetryable) : Node;
}
