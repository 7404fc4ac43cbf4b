namespace Hydra;

/// <summary>How much of everything there may be.</summary>
public sealed record Limits
{
    /// <summary>The longest name of a workflow, step, worker or namespace, in characters: 200.</summary>
    public const int MaxNameLength = 200;

    /// <summary>The longest idempotency key, in bytes of UTF-8: 255.</summary>
    public const int MaxKeyBytes = 255;

    /// <summary>The longest reason for a termination, in characters: 2,000.</summary>
    public const int MaxReasonLength = 2_000;

    /// <summary>
    /// The most bytes that a fork may begin with, of what was recorded before its step: 16 MiB. They are written at
    /// once, together with its start.
    /// </summary>
    public const int MaxForkBytes = 16 * 1024 * 1024;

    /// <summary>The most executions that one worker runs at once: 10,000.</summary>
    public const int MaxConcurrency = 10_000;

    /// <summary>The largest serialized input or output, in bytes. The default is 2 MiB.</summary>
    public int PayloadBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>The size from which on a payload is logged as a warning, in bytes. The default is 256 KiB.</summary>
    public int PayloadWarningBytes { get; init; } = 256 * 1024;

    /// <summary>The most entries that a journal may have before its execution fails. The default is 50,000.</summary>
    public int JournalEntries { get; init; } = 50_000;

    /// <summary>The most bytes that a journal may have before its execution fails. The default is 50 MiB.</summary>
    public long JournalBytes { get; init; } = 50L * 1024 * 1024;

    /// <summary>The most durable calls that an execution may have outstanding at once. The default is 2,000.</summary>
    public int OutstandingCalls { get; init; } = 2_000;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(PayloadBytes, 1024, nameof(PayloadBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(PayloadWarningBytes, 1, nameof(PayloadWarningBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(JournalEntries, 10, nameof(JournalEntries));
        ArgumentOutOfRangeException.ThrowIfLessThan(JournalBytes, PayloadBytes, nameof(JournalBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(OutstandingCalls, 1, nameof(OutstandingCalls));
    }
}
