using Hydra.Storage;

namespace Hydra;

/// <summary>Why an execution stands where it stands: in words, and in what the words are made of.</summary>
public sealed record Explanation
{
    /// <summary>The namespace it lives in.</summary>
    public required string Namespace { get; init; }

    /// <summary>How it stands.</summary>
    public required ExecutionRow Row { get; init; }

    /// <summary>The database's clock when it was looked at.</summary>
    public required Instant Now { get; init; }

    /// <summary>What it waits for, or what it does.</summary>
    public required WhyReason Reason { get; init; }

    /// <summary>The same in sentences, the most important first. For people: the words may change.</summary>
    public required IReadOnlyList<string> Text { get; init; }

    /// <summary>When it goes on by itself; null when something else must happen first, or it runs.</summary>
    public Instant? Until { get; init; }

    /// <summary>The key of the sleep or step that it waits for; null when it waits for neither.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>The last error that holds it back, or the one it ended with; null when there is none.</summary>
    public Failure? Failure { get; init; }

    /// <summary>
    /// Bodies of steps that have been running for a second or more, the first to begin first; for what is quarantined
    /// those that were running when it crashed, however short, or had just ended, as they were last, by key.
    /// </summary>
    public IReadOnlyList<StepTry> RunningSteps { get; init; } = [];

    /// <summary>The session that owns it; null when nobody does, or when that session is no more.</summary>
    public SessionRow? Owner { get; init; }

    /// <summary>The workers whose leases have not ended.</summary>
    public IReadOnlyList<SessionRow> LiveWorkers { get; init; } = [];

    /// <summary>How many slots those workers have that know its workflow; null where it does not matter.</summary>
    public int? Slots { get; init; }

    /// <summary>How many of those slots are taken; null where it does not matter.</summary>
    public int? SlotsInUse { get; init; }

    /// <summary>The builds that cannot replay it.</summary>
    public IReadOnlyList<RefusalRow> Refusals { get; init; } = [];

    /// <summary>The crashes of its owners, the oldest first.</summary>
    public IReadOnlyList<CrashRow> Crashes { get; init; } = [];

    /// <summary>
    /// Whether the user of the database may not read what is recorded of the execution: then steps, errors and
    /// differences are left out, and what waits for another try at a step is taken for sleeping.
    /// </summary>
    public bool IsPartial { get; init; }

    /// <summary>The sentences, one a line.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Text);
}
