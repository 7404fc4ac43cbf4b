namespace Hydra.Soak.Histories;

/// <summary>A try at a step as the JSON of its execution shows it, in its journal or beside it.</summary>
/// <param name="Key">The key of the step.</param>
/// <param name="Attempt">The number of the try.</param>
/// <param name="Epoch">The epoch under which it ran.</param>
/// <param name="State">Completed, failed, abandoned, running or interrupted.</param>
/// <param name="Input">What its body was given, as JSON.</param>
internal sealed record ObservedTry(string Key, int Attempt, long Epoch, string State, string Input)
{
    /// <summary>Whether it counts as an attempt.</summary>
    public bool Counts => State is "completed" or "failed";

    /// <summary>Whether it is known how it ended.</summary>
    public bool Ended => State is "completed" or "failed" or "abandoned";
}
