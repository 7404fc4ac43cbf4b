namespace Hydra.Storage;

/// <summary>An execution that a session has just come to own.</summary>
/// <param name="Row">
/// Its row after the claim: owned, running, the epoch one higher, the start of the first attempt stamped.
/// </param>
/// <param name="Entries">Its journal in order, from behind what the caller has.</param>
/// <param name="Tried">What the failed tries of its steps amount to, by key, without their payloads.</param>
public sealed record ClaimedExecution(
    ExecutionRow Row, IReadOnlyList<JournalEntry> Entries, IReadOnlyList<TriedStep> Tried);
