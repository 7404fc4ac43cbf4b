namespace Hydra.Simulation.Sweeps;

/// <summary>What becomes of a process when its call is hit.</summary>
internal enum Blow
{
    None,

    /// <summary>It stands still for longer than its lease, and hears the answer then.</summary>
    Pause,

    /// <summary>It dies before it hears anything.</summary>
    Crash,

    /// <summary>It goes on, beats included, and hears the answer as late.</summary>
    Wait,
}
