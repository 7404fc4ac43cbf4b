using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>
/// The one way of durable writes: typed operations, drained by a few writers that commit them in groups.
/// </summary>
/// <remarks>
/// An execution is pinned to one writer, so its operations commit in the order in which they were submitted and what is
/// durable is always a prefix. Starts with a key have a writer of their own where the store says that they may wait for
/// foreign locks. Back-pressure on clients is in <see cref="ReserveAsync"/>; executions are bounded by their slots.
/// </remarks>
internal sealed class CommitPipeline : IDisposable
{
    private const int MaxClientOperations = 10_000;

    private readonly PipelineWriter[] _writers;
    private readonly PipelineWriter _keyedStarts;
    private readonly RowCodec? _codec; // Null when everything is stored as it is.
    private readonly SemaphoreSlim _clientRoom = new(MaxClientOperations);

    public CommitPipeline(
        IWorkflowStore store, EngineRuntime runtime, StoreClock clock, EngineLog log, RowCodec? codec = null)
    {
        _codec = codec is { Writes: true } ? codec : null;
        _writers = new PipelineWriter[Math.Clamp(store.Capabilities.Writers, 1, 4)];
        var room = new ApartRoom();
        for (var i = 0; i < _writers.Length; i++)
        {
            _writers[i] = new PipelineWriter(store, runtime, clock, log, room);
        }

        _keyedStarts = store.Capabilities.KeyedStartsMayWait
            ? new PipelineWriter(store, runtime, clock, log, room)
            : _writers[0];
    }

    /// <summary>Whether every writer goes on, or has been told to stop.</summary>
    public bool IsAlive => Array.TrueForAll(_writers, static writer => writer.IsAlive) && _keyedStarts.IsAlive;

    /// <summary>Submits an operation for a session; none for a client's.</summary>
    /// <exception cref="PayloadException">A payload of it is encoded already, for another place.</exception>
    public void Submit(PendingOperation pending, SessionId session = default)
    {
        if (_codec is not null && !pending.IsPlain)
        {
            pending.Encode(_codec); // Here and not in a writer, behind which others wait.
        }

        var writer = pending.Operation is StartOperation { Key: not null } && _keyedStarts != _writers[0]
            ? _keyedStarts
            : _writers[(uint)pending.Operation.Id.GetHashCode() % (uint)_writers.Length];
        writer.Submit(pending, session);
    }

    /// <summary>Waits for room for one operation of a client; <see cref="ReleaseRoom"/> gives it back.</summary>
    public Task ReserveAsync(CancellationToken cancellationToken) => _clientRoom.WaitAsync(cancellationToken);

    public void Dispose() => _clientRoom.Dispose();

    public void ReleaseRoom() => _clientRoom.Release();

    /// <summary>Commits what is queued, then stops. What still cannot be committed after the patience fails.</summary>
    public Task StopAsync(TimeSpan patience) =>
        Task.WhenAll(_writers.Append(_keyedStarts).Distinct().Select(writer => writer.StopAsync(patience)).ToList());
}
