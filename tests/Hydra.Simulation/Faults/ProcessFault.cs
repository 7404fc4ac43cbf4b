namespace Hydra.Simulation.Faults;

/// <summary>What happens to whole processes, or to everything at once.</summary>
internal enum ProcessFault
{
    Kill,
    Freeze,
    Shutdown,
    Outage,
    ClockJump,
    DatabaseJump,
    Lock,
}
