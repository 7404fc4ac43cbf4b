namespace Hydra.Simulation.Programs;

/// <summary>A body that gave up because its token fired, without the stack that would be costly to write down.</summary>
internal sealed class SimulatedCancellation(CancellationToken token) : OperationCanceledException(token)
{
    public override string? StackTrace => null;
}
