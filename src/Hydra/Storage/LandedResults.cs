namespace Hydra.Storage;

/// <summary>Reads results that were committed in transactions of steps.</summary>
internal static class LandedResults
{
    /// <summary>Whether a try is a result, and no bar in the place of one.</summary>
    public static bool IsResult(this StepTry one) => one is { Phase: TryPhase.Landed, Failure.IsNone: true };

    /// <summary>Reads the result of a step that has landed. It is rare: only after a crash behind a commit.</summary>
    public static async Task<StepTry> FindLandedAsync(
        this IWorkflowQueries queries, ExecutionId id, string key, CancellationToken cancellationToken) =>
        (await queries.ReadTriesAsync(id, cancellationToken)).Single(one => one.Key == key && one.IsResult());
}
