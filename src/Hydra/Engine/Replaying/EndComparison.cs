namespace Hydra.Engine.Replaying;

/// <summary>Holds how an execution has ended against how today's code ends over the same outcomes.</summary>
internal static class EndComparison
{
    /// <summary>Says in words how both differ; null when they do not.</summary>
    /// <param name="recorded">How it has ended.</param>
    /// <param name="found">How the code ends; null when it goes on.</param>
    /// <param name="fromOutside">Whether something else than the code has ended it.</param>
    /// <param name="awaited">What the code awaits, in words, when it goes on.</param>
    /// <param name="isSameOutput">Whether two outputs stand for the same value.</param>
    public static string? Check(
        ReplayEnd recorded,
        ReplayEnd? found,
        bool fromOutside,
        string awaited,
        Func<Payload, Payload, bool> isSameOutput)
    {
        if (found is null)
        {
            return fromOutside
                ? null
                : $"The execution {Describe(recorded)}, but the code goes on and awaits {awaited}.";
        }

        var isSame = (recorded.State, found.State) switch
        {
            (ExecutionState.Completed, ExecutionState.Completed) => isSameOutput(recorded.Output, found.Output),
            (ExecutionState.Failed, ExecutionState.Failed) => IsSame(recorded.Failure, found.Failure),
            (ExecutionState.TimedOut, ExecutionState.Failed) => fromOutside, // The attempt failed when the time was up.
            var (was, now) => was == now,
        };

        // A worker may have been stopped between the last outcome and the end that the code was about to have.
        return isSame || fromOutside
            ? null
            : $"The execution {Describe(recorded)}, but the code {Describe(found)}.";
    }

    /// <remarks>Not the stack, which is another in every build.</remarks>
    private static bool IsSame(Failure? recorded, Failure? found) =>
        recorded?.Type == found?.Type && recorded?.Message == found?.Message;

    private static string Describe(ReplayEnd end) => end.State switch
    {
        ExecutionState.Completed => $"completed with {Replay.Comparison.Show(end.Output)}",
        ExecutionState.Failed => $"failed with {end.Failure}",
        ExecutionState.TimedOut => $"timed out with {end.Failure}",
        _ => $"was cancelled with {end.Failure}",
    };
}
