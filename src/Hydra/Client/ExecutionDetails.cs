using Hydra.Storage;

namespace Hydra;

/// <summary>Everything that is recorded of one execution.</summary>
/// <param name="Namespace">The namespace it lives in.</param>
/// <param name="Row">How it stands.</param>
/// <param name="Journal">Its outcomes in the order of delivery, the input first.</param>
/// <param name="Tries">Started, failed and abandoned tries of its steps.</param>
/// <param name="Crashes">The crashes of its owners, the oldest first.</param>
/// <param name="Refusals">The builds that cannot replay it.</param>
public sealed record ExecutionDetails(
    string Namespace,
    ExecutionRow Row,
    IReadOnlyList<JournalEntry> Journal,
    IReadOnlyList<StepTry> Tries,
    IReadOnlyList<CrashRow> Crashes,
    IReadOnlyList<RefusalRow> Refusals)
{
    /// <summary>Reads what the execution ended with when it has no output: why it failed or was cancelled.</summary>
    /// <returns>Null while it is live, and when it has completed.</returns>
    public Failure? ReadFailure() =>
        Journal is [.., { Kind: EntryKind.Terminal, Failed: true } last] ? Failure.Read(last.Output) : null;

    /// <summary>Where it came from; null when a caller has simply started it.</summary>
    public Origin? Origin { get; init; }
}
