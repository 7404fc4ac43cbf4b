using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>An execution that a schedule has started and that had not ended when it was last looked at.</summary>
/// <param name="Id">The execution.</param>
/// <param name="At">When it was started, by the database's clock.</param>
/// <param name="Cancelled">Whether the schedule has asked it to stop.</param>
internal sealed record StartedExecution(ExecutionId Id, Instant At, bool Cancelled = false);
