namespace Hydra.Simulation.Programs;

/// <summary>What becomes of the calls that lost a race.</summary>
internal enum Losers
{
    Left,
    Awaited,
    Withdrawn,
}
