namespace Hydra.Storage;

/// <summary>Where an execution came from, when no caller has simply started it.</summary>
public sealed record Origin
{
    /// <summary>What it came from.</summary>
    public required OriginKind Kind { get; init; }

    /// <summary>The execution that it was made of, which may have been removed since; null for a schedule.</summary>
    public ExecutionId? Source { get; init; }

    /// <summary>The name of the schedule, or the key of the step that it was forked from; empty for a rerun.</summary>
    public string Name { get; init; } = "";

    /// <summary>The seq that the outcome of that step has in the source's journal; 0 when it has none.</summary>
    public long Seq { get; init; }

    /// <summary>The instant for which the schedule has started it; null for the others.</summary>
    public Instant? At { get; init; }

    /// <summary>What a fork has that its source had otherwise.</summary>
    public ForkEdits Edits { get; init; }

    /// <summary>The origin of what a schedule starts.</summary>
    /// <param name="name">The schedule.</param>
    /// <param name="at">The instant for which it starts.</param>
    public static Origin OfSchedule(string name, Instant at) =>
        new() { Kind = OriginKind.Schedule, Name = name, At = at };

    /// <summary>The origin of what runs again.</summary>
    /// <param name="source">The execution whose input it has.</param>
    public static Origin OfRerun(ExecutionId source) => new() { Kind = OriginKind.Rerun, Source = source };

    /// <summary>The origin of a fork.</summary>
    /// <param name="source">The execution that it was forked from.</param>
    /// <param name="step">The key of the step that it goes on from.</param>
    /// <param name="seq">The seq of that step's outcome in the source's journal; 0 when it has none.</param>
    /// <param name="edits">What was changed.</param>
    public static Origin OfFork(ExecutionId source, string step, long seq, ForkEdits edits) =>
        new() { Kind = OriginKind.Fork, Source = source, Name = step, Seq = seq, Edits = edits };
}
