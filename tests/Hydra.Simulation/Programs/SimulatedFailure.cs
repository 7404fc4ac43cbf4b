namespace Hydra.Simulation.Programs;

/// <summary>A failure of a program's own. Its stack is left out: writing it down costs more than everything else.</summary>
internal sealed class SimulatedFailure(string message) : Exception(message)
{
    public override string? StackTrace => null;
}
