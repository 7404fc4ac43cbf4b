namespace Hydra.Simulation.Programs;

/// <summary>A body that gave up because its token fired, without a stack: writing it down is costly.</summary>
internal sealed class SimulatedCancellation(CancellationToken token) : OperationCanceledException(token)
{
    public override string? StackTrace => null;
}
