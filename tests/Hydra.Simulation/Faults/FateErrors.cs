using Hydra.Storage;

namespace Hydra.Simulation.Faults;

internal static class FateErrors
{
    /// <summary>What the caller of the store hears.</summary>
    public static Exception Error(this Fate fate) => fate switch
    {
        Fate.NotSent => new StoreException(StoreErrorKind.NotSent, "simulated: not sent"),
        Fate.Blocked => new StoreException(StoreErrorKind.RolledBack, "simulated: a lock") { Blocked = true },
        Fate.RolledBack => new StoreException(StoreErrorKind.RolledBack, "simulated: rolled back"),
        Fate.Unavailable => new StoreException(StoreErrorKind.Unavailable, "simulated: unavailable"),
        Fate.Deterministic => new StoreException(StoreErrorKind.Deterministic, "simulated: a wrong constraint"),
        Fate.ForeignApplied or Fate.ForeignLost => new InvalidOperationException("simulated: a broken contract"),
        _ => new StoreException(StoreErrorKind.InDoubt, "simulated: in doubt"),
    };

    /// <summary>Whether nothing but an error comes of it.</summary>
    public static bool IsError(this Fate fate) =>
        fate is not (Fate.Fine or Fate.CrashBefore or Fate.CrashAfter or Fate.PauseAfter);
}
