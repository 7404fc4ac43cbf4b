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

    /// <summary>Which error it is that the caller of the store hears.</summary>
    /// <param name="fate">What became of the call.</param>
    /// <param name="error">What the caller hears.</param>
    /// <param name="isOver">Whether it is over at the database by now.</param>
    /// <param name="isRefused">Whether the database has refused it.</param>
    public static ErrorClass Class(this Fate fate, Exception error, bool isOver, bool isRefused) => error switch
    {
        StoreException { Blocked: true } => ErrorClass.Blocked,
        StoreException { Kind: StoreErrorKind.NotSent } => ErrorClass.NotSent,
        StoreException { Kind: StoreErrorKind.RolledBack } => ErrorClass.RolledBack,
        StoreException { Kind: StoreErrorKind.Deterministic } => ErrorClass.Deterministic,
        StoreException { Kind: StoreErrorKind.Unavailable } => ErrorClass.Unavailable,
        StoreException when fate == Fate.DoubtLost => ErrorClass.DoubtLost,
        StoreException when !isOver => ErrorClass.DoubtLate,
        StoreException => isRefused ? ErrorClass.DoubtRefused : ErrorClass.DoubtApplied,
        _ => ErrorClass.Foreign,
    };

    /// <summary>Whether nothing but an error comes of it.</summary>
    public static bool IsError(this Fate fate) =>
        fate is not (Fate.Fine or Fate.CrashBefore or Fate.CrashAfter or Fate.PauseAfter);
}
