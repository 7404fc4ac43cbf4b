namespace Hydra.Engine.Running;

/// <summary>The worker shuts down: hand the execution back once its bodies have ended, or at once.</summary>
internal sealed record StopRequested(bool Now);
