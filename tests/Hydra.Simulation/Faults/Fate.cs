namespace Hydra.Simulation.Faults;

/// <summary>What becomes of one call of the store.</summary>
internal enum Fate
{
    Fine,
    NotSent,
    RolledBack,
    Blocked,
    DoubtApplied,
    DoubtLost,
    DoubtLate,
    ForeignApplied,
    ForeignLost,
    CrashBefore,
    CrashAfter,
    PauseAfter,
    Unavailable,
    Deterministic,
}
