namespace Hydra;

/// <summary>How an execution is replayed.</summary>
public sealed record ReplayOptions
{
    /// <summary>
    /// How long the code may take over it in all, mostly without awaiting anything, or for something other than a
    /// durable call that was awaited when it was recorded. The default is 10 seconds.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Makes it a dry run: what was recorded before the outcome of this step is replayed, and the step is to run anew.
    /// Null, which is the default, replays all that is recorded.
    /// </summary>
    /// <remarks>
    /// Behind the step, recorded outcomes are given to the code again wherever it makes the same call with the same
    /// input; it stands where all that it awaits would have to run.
    /// </remarks>
    public string? FromStep { get; init; }

    /// <summary>Gives that step this outcome in a dry run, as if it had run. The default is none.</summary>
    public Payload? StepOutput { get; init; }

    /// <summary>
    /// Gives the workflow another input in a dry run. The default is the recorded one. Without a step, all outcomes
    /// are given wherever the same call is made with the same input.
    /// </summary>
    public Payload? WorkflowInput { get; init; }

    internal bool IsDryRun => FromStep is not null || WorkflowInput is not null;

    internal void Validate()
    {
        if (StepOutput is not null && FromStep is null)
        {
            throw new ArgumentException("StepOutput is the outcome of a step: say of which by FromStep.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Patience, TimeSpan.Zero, nameof(Patience));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Patience, TimeSpan.FromDays(1), nameof(Patience));
    }
}
