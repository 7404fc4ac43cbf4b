namespace Hydra.Engine.Replay;

/// <summary>
/// What an AttemptFailed entry says: where the next attempt cuts the journal, and which failures it drops.
/// </summary>
/// <param name="TruncateAt">Outcomes from this seq on are superseded or landed.</param>
/// <param name="Carried">The seqs of the failures that are superseded.</param>
/// <param name="Attempt">The attempt that failed.</param>
internal sealed record AttemptEnd(long TruncateAt, IReadOnlyList<long> Carried, int Attempt);
