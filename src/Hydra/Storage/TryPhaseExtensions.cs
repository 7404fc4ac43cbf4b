namespace Hydra.Storage;

internal static class TryPhaseExtensions
{
    /// <summary>Whether it says that a body has begun, and nothing of how it has ended.</summary>
    public static bool SaysBegun(this TryPhase phase) => phase is TryPhase.Started or TryPhase.BegunOnce;
}
