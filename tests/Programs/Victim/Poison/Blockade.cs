namespace Victim.Poison;

/// <summary>How many calls block a thread of the pool at once, and for how long each.</summary>
internal sealed record Blockade(int Calls, int Millis);
