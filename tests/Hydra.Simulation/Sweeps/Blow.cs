namespace Hydra.Simulation.Sweeps;

/// <summary>What becomes of a process when its call fails.</summary>
internal enum Blow
{
    None,

    /// <summary>It stands still for longer than its lease, and hears the answer then.</summary>
    Pause,

    /// <summary>It dies before it hears anything.</summary>
    Crash,
}
