namespace Hydra.Storage;

/// <summary>Tells results that were committed in transactions of steps.</summary>
internal static class LandedResults
{
    /// <summary>Whether a try is a result, and no bar in the place of one.</summary>
    public static bool IsResult(this StepTry one) => one is { Phase: TryPhase.Landed, Failure.IsNone: true };
}
