namespace Hydra;

/// <summary>How often and how soon something that failed is tried again.</summary>
public sealed record RetryPolicy
{
    /// <summary>How many tries there are in all. The default is 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The delay before the second try, which doubles from there. The default is one second.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest delay. The default is five minutes.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The part of each delay that is left to chance, 0 to 1. The default is 0.2: 80 to 100 percent of it.
    /// </summary>
    public double Jitter { get; init; } = 0.2;

    /// <summary>
    /// Tells whether an exception is worth another try. By default every one is but
    /// <see cref="NonRetryableException"/>, which never is.
    /// </summary>
    public Func<Exception, bool>? RetryWhen { get; init; }

    /// <summary>A policy without a second try.</summary>
    public static RetryPolicy None { get; } = new() { MaxAttempts = 1 };

    internal void Validate(string owner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1, $"{owner}.{nameof(MaxAttempts)}");
        ArgumentOutOfRangeException.ThrowIfLessThan(Backoff, TimeSpan.Zero, $"{owner}.{nameof(Backoff)}");
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBackoff, Backoff, $"{owner}.{nameof(MaxBackoff)}");
        if (!(Jitter is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException($"{owner}.{nameof(Jitter)}", Jitter, "Jitter must be from 0 to 1.");
        }
    }

    /// <summary>The delay after a failed try.</summary>
    /// <param name="failedAttempt">The number of the try that failed, from 1.</param>
    /// <param name="chance">A number from 0 to 1.</param>
    internal TimeSpan DelayAfter(int failedAttempt, double chance)
    {
        var factor = Math.Pow(2, Math.Min(failedAttempt - 1, 62));
        var ticks = Math.Min(Backoff.Ticks * factor, MaxBackoff.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (1 - (Jitter * chance))));
    }
}
