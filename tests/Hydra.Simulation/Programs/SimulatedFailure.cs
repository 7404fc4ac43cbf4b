namespace Hydra.Simulation.Programs;

/// <summary>A failure of a program's own. It has no stack: writing it down costs more than all else.</summary>
internal sealed class SimulatedFailure(string message) : Exception(message)
{
    public override string? StackTrace => null;
}
