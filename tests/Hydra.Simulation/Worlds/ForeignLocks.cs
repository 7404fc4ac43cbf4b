using Hydra.Simulation.Checks;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// What open transactions of strangers hold: rows of executions, and keys. Whoever writes them waits, and in the end in
/// vain; nobody else may have to wait for long.
/// </summary>
internal sealed class ForeignLocks(SimulatedWorld world)
{
    /// <summary>How long the database waits for a lock before it undoes a batch that says nothing of it.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a write may take that is in nobody's way: a batch before it that waits, its own that does, and itself.
    /// </summary>
    private static readonly TimeSpan LongestWrite = 3 * Timeout;

    private readonly Dictionary<ExecutionId, long> _rows = [];
    private readonly Dictionary<string, long> _keys = [];

    public void Hold(ExecutionId id, TimeSpan time) => _rows[id] = EndOf(_rows.GetValueOrDefault(id), time);

    public void Hold(string key, TimeSpan time) => _keys[key] = EndOf(_keys.GetValueOrDefault(key), time);

    /// <summary>How long a batch waits for a lock before it is undone.</summary>
    public static TimeSpan WaitOf(CommitBatch batch) => batch.LockWait < Timeout ? batch.LockWait : Timeout;

    /// <summary>How long it takes until nothing that a batch writes is held; zero when nothing is.</summary>
    public TimeSpan HeldFor(CommitBatch batch)
    {
        var until = batch.Operations.Select(operation => operation is StartOperation { Key: { } key }
            ? _keys.GetValueOrDefault(key)
            : _rows.GetValueOrDefault(operation.Id)).Append(0).Max();
        return TimeSpan.FromTicks(Math.Max(0, until - world.Now));
    }

    /// <summary>How long an execution's row is still held.</summary>
    public TimeSpan HeldFor(ExecutionId id) =>
        TimeSpan.FromTicks(Math.Max(0, _rows.GetValueOrDefault(id) - world.Now));

    /// <summary>The result of a body is durable: nobody else's lock may have delayed it.</summary>
    public void Written(ExecutionId id, BodyRecord body) => Judge(
        $"the result of body {body} of execution {id} was written", body.EndedAt, _rows.GetValueOrDefault(id));

    /// <summary>A start was answered: nobody else's lock may have delayed it.</summary>
    public void Answered(string? key, long sentAt) => Judge(
        $"a start with {(key is null ? "no key" : $"key {key}")} was answered",
        sentAt,
        key is null ? 0 : _keys.GetValueOrDefault(key));

    private void Judge(string what, long since, long heldUntil)
    {
        var took = TimeSpan.FromTicks(world.Now - since);
        if (heldUntil < since && took > LongestWrite)
        {
            world.Fail($"L6: {what} after {took}, and the lock that delayed it was on something else.");
        }
    }

    private long EndOf(long until, TimeSpan time) => Math.Max(until, world.Now + time.Ticks);
}
