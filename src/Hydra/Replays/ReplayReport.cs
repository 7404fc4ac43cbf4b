using Hydra.Storage;

namespace Hydra;

/// <summary>What today's code makes of one recorded execution.</summary>
/// <remarks>
/// What is replayed is what a worker would replay: the current attempt of a live execution, the last one of an ended
/// one. Nothing of it is written anywhere.
/// </remarks>
public sealed record ReplayReport
{
    /// <summary>The namespace that the execution lives in.</summary>
    public required string Namespace { get; init; }

    /// <summary>How the execution stands.</summary>
    public required ExecutionRow Row { get; init; }

    /// <summary>What came of it.</summary>
    public required ReplayVerdict Verdict { get; init; }

    /// <summary>The first difference, in words; null when there is none.</summary>
    public string? Difference { get; init; }

    /// <summary>
    /// The recorded outcomes in their order, as far as the code got. The last one is where they differ, if they do. In
    /// a dry run all that stand behind its step follow, those that the code was given again as equal.
    /// </summary>
    public IReadOnlyList<ReplayStep> Steps { get; init; } = [];

    /// <summary>
    /// The calls that the code awaits behind the last outcome that it was given, in the order of issue.
    /// </summary>
    public IReadOnlyList<ReplayCall> Calls { get; init; } = [];

    /// <summary>How the execution has ended; null while it is live.</summary>
    public ReplayEnd? RecordedEnd { get; init; }

    /// <summary>How the code ends behind the last recorded outcome; null when it goes on.</summary>
    public ReplayEnd? FoundEnd { get; init; }

    /// <summary>
    /// What no worker would refuse, but somebody should know: such as a step that was tried and is not called any
    /// more.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
