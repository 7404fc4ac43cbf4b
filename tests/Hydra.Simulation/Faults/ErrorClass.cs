namespace Hydra.Simulation.Faults;

/// <summary>
/// What the caller of the store was told, and where that leaves it in doubt, what had become of the call by then.
/// </summary>
internal enum ErrorClass
{
    NotSent,
    RolledBack,
    Deterministic,
    Unavailable,
    Blocked,

    /// <summary>In doubt, and it had happened.</summary>
    DoubtApplied,

    /// <summary>In doubt, and the database had refused it before the answer was lost.</summary>
    DoubtRefused,

    /// <summary>In doubt, and it never happens.</summary>
    DoubtLost,

    /// <summary>In doubt, and it happens later.</summary>
    DoubtLate,

    /// <summary>No error that a store may throw.</summary>
    Foreign,
}
