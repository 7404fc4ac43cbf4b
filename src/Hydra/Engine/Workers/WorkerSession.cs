using System.Collections.Concurrent;
using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>One life of the worker in the database, and what it runs in it.</summary>
internal sealed class WorkerSession(SessionId id)
{
    public SessionId Id { get; } = id;

    /// <summary>
    /// What runs under this session. Added by claims and direct starts, removed when an activation ends.
    /// </summary>
    public ConcurrentDictionary<ExecutionId, Activation> Activations { get; } = new();

    /// <summary>Direct starts whose answers are still out.</summary>
    public ConcurrentDictionary<ExecutionId, bool> PendingStarts { get; } = new();

    /// <summary>What every activation of this session shares.</summary>
    public required ActivationServices Services { get; init; }
}
