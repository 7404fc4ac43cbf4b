namespace Hydra.Engine.Running;

/// <summary>The execution belongs to somebody else now.</summary>
internal sealed record LeaseLost;
