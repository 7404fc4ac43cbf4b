using Hydra.Storage;

namespace Hydra;

/// <summary>One recorded outcome, beside the call that today's code makes in its place.</summary>
/// <param name="Recorded">The outcome, with the call that it answered.</param>
/// <param name="Issued">
/// What the code called; null when nothing, and for what answers no call, such as a cancellation.
/// </param>
/// <param name="IsEqual">Whether both are the same, so that the code was given the outcome.</param>
public sealed record ReplayStep(JournalEntry Recorded, ReplayCall? Issued, bool IsEqual);
