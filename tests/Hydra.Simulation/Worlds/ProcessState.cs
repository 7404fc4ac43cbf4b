namespace Hydra.Simulation.Worlds;

internal enum ProcessState
{
    Alive,
    Paused,
    Dead,
}
