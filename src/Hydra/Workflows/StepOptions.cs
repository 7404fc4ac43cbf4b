namespace Hydra;

/// <summary>How a step is identified, timed and tried again.</summary>
public sealed record StepOptions
{
    /// <summary>
    /// The key that identifies the call in the journal, unique within the execution. By default it is the step's name
    /// plus its occurrence: "charge", "charge#2".
    /// </summary>
    public string? Key { get; init; }

    /// <summary>How it is tried again. By default it is the workflow's policy for steps.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>
    /// How long one try may take before its token fires and it counts as failed with a <see cref="TimeoutException"/>.
    /// By default there is no limit.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Whether the body begins at most once, instead of at least once, for work that must rather be left undone than
    /// be done twice. That it begins is durable before it does, which costs a commit; it is never tried again, and when
    /// its process dies before the outcome is recorded the step fails with a <see cref="StepInterruptedException"/>. By
    /// default it is false.
    /// </summary>
    public bool AtMostOnce { get; init; }
}
