using System.Collections.Concurrent;
using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>One life of the worker in the database, and what it runs in it.</summary>
internal sealed class WorkerSession(SessionId id)
{
    private const int MostDropped = 10_000; // Nearly all of them were terminated, and never come back.

    // What was read anew is watched for so long, so that no loop comes of it.
    private const long EpochsToWatch = 10;
    private static readonly TimeSpan TimeToWatch = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<ExecutionId, long> _dropped = new(); // Under which epochs.
    private readonly ConcurrentDictionary<ExecutionId, (long Epoch, Instant At)> _readAnew = new();

    public SessionId Id { get; } = id;

    /// <summary>
    /// What runs under this session. Added by claims and direct starts, removed when an activation ends.
    /// </summary>
    public ConcurrentDictionary<ExecutionId, Activation> Activations { get; } = new();

    /// <summary>Direct starts whose answers are still out.</summary>
    public ConcurrentDictionary<ExecutionId, bool> PendingStarts { get; } = new();

    /// <summary>What was claimed and begins once the keys of its subject were looked for, and since when.</summary>
    public ConcurrentDictionary<ExecutionId, (ExecutionRow Row, long Since)> Waiting { get; } = new();

    /// <summary>What every activation of this session shares.</summary>
    public required ActivationServices Services { get; init; }

    /// <summary>
    /// Whether the session is given up although its row may still be there, so that the row has to be removed.
    /// </summary>
    public bool MustClose { get; set; }

    /// <summary>Remembers what has ended without settling: its bodies may still run, and prove this epoch.</summary>
    public void Drop(Activation activation)
    {
        if (_dropped.Count >= MostDropped)
        {
            _dropped.Clear();
        }

        _dropped[activation.Id] = activation.Epoch;
    }

    /// <summary>
    /// Whether an execution may run again over what is stored, which has turned out to be another journal than it ran
    /// over: not if that has been tried a moment ago.
    /// </summary>
    public bool MayReadAnew(ExecutionId id, long epoch, Instant now)
    {
        if (_readAnew.TryGetValue(id, out var last) && epoch <= last.Epoch + EpochsToWatch
            && now <= last.At.Plus(TimeToWatch))
        {
            return false;
        }

        if (_readAnew.Count >= MostDropped)
        {
            _readAnew.Clear();
        }

        _readAnew[id] = (epoch, now);
        return true;
    }

    /// <summary>Whether this session may have had an execution under this epoch, or a later one, before.</summary>
    public bool HasHad(ExecutionId id, long epoch) =>
        (Activations.TryGetValue(id, out var running) && running.Epoch >= epoch)
        || (_dropped.TryRemove(id, out var dropped) && dropped >= epoch);
}
