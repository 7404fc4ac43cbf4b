namespace Hydra.Simulation.Worlds;

/// <summary>A mistake that is made on purpose, to see whether it is found.</summary>
public enum PlantedBug
{
    None,

    /// <summary>The store takes writes under epochs that have passed.</summary>
    NoFence,

    /// <summary>A journal that cannot be read while claiming is taken for an empty one.</summary>
    ErrorForAbsence,

    /// <summary>A commit in doubt is taken for one that did not happen.</summary>
    DoubtForFailure,

    /// <summary>An execution is suspended although something was delivered to it meanwhile.</summary>
    LostWakeUp,

    /// <summary>Bodies start before what led to them is durable.</summary>
    NoBarrier,
}
