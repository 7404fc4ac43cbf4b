using Hydra.Storage;

namespace Hydra;

/// <summary>A durable call that today's code makes.</summary>
/// <param name="Kind">A step or a sleep.</param>
/// <param name="Key">The step key; of a sleep, its number.</param>
/// <param name="Input">What it is given.</param>
/// <param name="Position">How many outcomes the code had been given when it made the call.</param>
/// <param name="Ordinal">The ordinal of the call among those made at that position, from 0.</param>
public sealed record ReplayCall(EntryKind Kind, string Key, Payload Input, int Position, int Ordinal);
