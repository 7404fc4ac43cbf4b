namespace Hydra.Soak.Chaos;

/// <summary>How long an execution stayed with an owner that had been killed or stopped.</summary>
internal sealed record Recovery(Fault Fault, string Worker, ExecutionId Execution, TimeSpan Took);
