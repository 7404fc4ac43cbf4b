using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>The operations of one execution, or the starts with one key, that go on apart from all others.</summary>
/// <remarks>
/// A part of its writer's state, under the writer's lock. What comes later for the same waits behind, so that an
/// execution's operations stay in their order.
/// </remarks>
/// <param name="subject">What the lock may be on.</param>
/// <param name="batch">What is tried.</param>
/// <param name="error">What kept it from being written last.</param>
internal sealed class ApartGroup(LockSubject subject, PipelineBatch batch, StoreException error)
{
    public LockSubject Subject { get; } = subject;

    public PipelineBatch Batch { get; } = batch;

    public Queue<(PendingOperation Pending, SessionId Session)> Later { get; } = new();

    public StoreException Error { get; set; } = error;

    /// <summary>How often it has failed by itself; one that has not may well be free.</summary>
    public int Tries { get; set; }
}
