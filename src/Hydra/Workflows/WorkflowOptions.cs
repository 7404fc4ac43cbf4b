namespace Hydra;

/// <summary>What holds for the executions of one workflow, or of all, unless a start says otherwise.</summary>
public sealed record WorkflowOptions
{
    internal const int DefaultMaxAttempts = 3;

    internal static TimeSpan DefaultRetryBackoff { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How many attempts an execution has. By default 3.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>
    /// The delay before its second attempt, doubling from there to at most five minutes. By default one second.
    /// </summary>
    public TimeSpan? RetryBackoff { get; init; }

    /// <summary>
    /// How long after it is first due an execution may take, attempts and sleeps included. By default for ever.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Tells whether an exception that escapes the workflow is worth another attempt. By default every one is but
    /// <see cref="NonRetryableException"/>, which never is.
    /// </summary>
    public Func<Exception, bool>? RetryWhen { get; init; }

    /// <summary>How steps are tried again. By default three times, after a delay that starts at RetryBackoff.</summary>
    public RetryPolicy? StepRetry { get; init; }

    /// <summary>How long one try of a step may take. By default for ever.</summary>
    public TimeSpan? StepTimeout { get; init; }

    /// <summary>Earlier durable names, under which live executions are still found.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    internal void Validate(string owner)
    {
        Validate(owner, MaxAttempts, RetryBackoff, Timeout);
        ThrowIfNotPositive(StepTimeout, owner, nameof(StepTimeout));
        StepRetry?.Validate($"{owner}.{nameof(StepRetry)}");
    }

    /// <summary>Checks what a start can set as well.</summary>
    internal static void Validate(string owner, int? maxAttempts, TimeSpan? retryBackoff, TimeSpan? timeout)
    {
        if (maxAttempts < 1)
        {
            throw new ArgumentOutOfRangeException(
                $"{owner}.{nameof(MaxAttempts)}", maxAttempts, "An execution has at least one attempt.");
        }

        if (retryBackoff < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                $"{owner}.{nameof(RetryBackoff)}", retryBackoff, "A delay cannot be negative.");
        }

        ThrowIfNotPositive(timeout, owner, nameof(Timeout));
    }

    /// <summary>These options where they are set, and the others where they are not.</summary>
    internal WorkflowOptions Over(WorkflowOptions others) => this with
    {
        MaxAttempts = MaxAttempts ?? others.MaxAttempts,
        RetryBackoff = RetryBackoff ?? others.RetryBackoff,
        Timeout = Timeout ?? others.Timeout,
        RetryWhen = RetryWhen ?? others.RetryWhen,
        StepRetry = StepRetry ?? others.StepRetry,
        StepTimeout = StepTimeout ?? others.StepTimeout,
    };

    private static void ThrowIfNotPositive(TimeSpan? value, string owner, string name)
    {
        if (value <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException($"{owner}.{name}", value, "The time allowed must be positive.");
        }
    }
}
