namespace Hydra.Testing;

/// <summary>Plays a sequence of calls made at once, and makes it short when something is wrong.</summary>
/// <remarks>
/// Whether calls meet is chance: a shorter sequence is played many times before it counts as one that does not fail.
/// What is left may not be the shortest, but all of it was played and failed.
/// </remarks>
/// <param name="open">Opens the store under test, on an empty database of a harness of its own.</param>
/// <param name="create">Makes the world in which some sessions play on it.</param>
/// <param name="sessions">How many sessions there are.</param>
/// <param name="patience">
/// How long it is made shorter. Slow databases get as far as they get: whoever waits wants to see what failed.
/// </param>
internal sealed class ConcurrentRun(
    Func<Task<ModelSubject>> open,
    Func<ModelSubject, int, IConcurrentWorld> create,
    int sessions,
    TimeSpan patience)
{
    private const int Tries = 20;

    private string _found = "";

    /// <summary>Plays the commands of a seed.</summary>
    /// <returns>The shortest history in which something is wrong, or null when all is well.</returns>
    public async Task<string?> FindAsync(int seed)
    {
        if (await PlayAsync(ConcurrentCommand.Generate(seed, sessions)) is not { } failing)
        {
            return null;
        }

        var began = TimeProvider.System.GetTimestamp();
        failing = await Shrinking.ShrinkAsync(failing, async shorter =>
            TimeProvider.System.GetElapsedTime(began) < patience ? await FailsAsync(shorter) : null);
        return $"{failing.Count} calls of {sessions} sessions:\n{_found}";
    }

    private async Task<List<ConcurrentCommand>?> FailsAsync(List<ConcurrentCommand> commands)
    {
        for (var i = 0; i < Tries; i++)
        {
            if (await PlayAsync(commands) is { } failing)
            {
                return failing;
            }
        }

        return null;
    }

    /// <summary>Plays commands; answers those up to the end of the round in which something is wrong.</summary>
    private async Task<List<ConcurrentCommand>?> PlayAsync(List<ConcurrentCommand> commands)
    {
        await using var subject = await open();
        if (await create(subject, sessions).PlayAsync(commands) is not { } found)
        {
            return null;
        }

        _found = found.Text;
        return [.. commands.TakeWhile(command => command.Round <= found.Round)];
    }
}
