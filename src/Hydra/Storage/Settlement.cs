namespace Hydra.Storage;

/// <summary>How an owner ends its ownership of an execution.</summary>
public abstract record Settlement
{
    private Settlement() // Closed: these and no more.
    {
    }

    /// <summary>Stands for a last seq that the caller does not know.</summary>
    public const long Unknown = -1;

    /// <summary>
    /// The last seq of the journal, this operation's entries included; <see cref="Unknown"/> lets the store look it up.
    /// </summary>
    public required long LastSeq { get; init; }

    /// <summary>Ends the execution for good; the terminal entry is the operation's last.</summary>
    /// <param name="State">A terminal state.</param>
    public sealed record Finished(ExecutionState State) : Settlement;

    /// <summary>Lets the execution sleep or wait, unless mail has moved.</summary>
    /// <param name="State">Sleeping or waiting.</param>
    /// <param name="WakeAt">
    /// When it is due again, never when only a delivery wakes it. The deadline may come first.
    /// </param>
    /// <param name="MailSeen">The mail that the owner knows of.</param>
    public sealed record Suspended(ExecutionState State, Instant WakeAt, long MailSeen) : Settlement
    {
        /// <summary>The key of what it waits for first, for people; at most 512 characters.</summary>
        public string WaitsFor { get; init; } = "";
    }

    /// <summary>Ends the attempt; the next one, numbered one higher, is due after a delay.</summary>
    /// <param name="Delay">
    /// How long after now it is due; no delay holds once it is asked to be cancelled, so that its code hears of it.
    /// </param>
    public sealed record Retry(TimeSpan Delay) : Settlement;

    /// <summary>Hands the execution back as it stands: it is due at once, and nothing counts as a crash.</summary>
    public sealed record Released : Settlement;

    /// <summary>Blocks the execution for one build, whose code does not match its journal.</summary>
    /// <param name="Build">The build that refuses it.</param>
    /// <param name="Difference">A <see cref="Failure"/> that tells what was expected and what was found.</param>
    public sealed record Refused(string Build, Payload Difference) : Settlement;
}
