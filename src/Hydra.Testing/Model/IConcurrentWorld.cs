namespace Hydra.Testing;

/// <summary>Plays rounds of calls, some of which are made at once, and looks at what came of each round.</summary>
internal interface IConcurrentWorld
{
    /// <summary>Plays commands, those of one round at once, by sessions that are opened before.</summary>
    /// <returns>What is wrong and in which round, or null when all is well.</returns>
    Task<(int Round, string Text)?> PlayAsync(IReadOnlyList<ConcurrentCommand> commands);
}
