namespace Hydra.Simulation.Programs;

/// <summary>A failure of a program's own that no further attempt is to follow.</summary>
internal sealed class SimulatedRefusal(string message) : NonRetryableException(message)
{
    public override string? StackTrace => null;
}
