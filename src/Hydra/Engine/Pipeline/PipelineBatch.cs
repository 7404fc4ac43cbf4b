using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>Operations that are committed together, and again until it is known what became of them.</summary>
/// <param name="session">Whose ownership they prove; none when they are of clients.</param>
/// <param name="operations">The operations; null when they are yet to be gathered.</param>
internal sealed class PipelineBatch(SessionId session = default, List<PendingOperation>? operations = null)
{
    private const int MaxOperations = 1_000;
    private const int MaxBytes = 4 * 1024 * 1024;

    private long _bytes; // Of what was added.

    public SessionId Session { get; private set; } = session;

    public List<PendingOperation>? Operations { get; private set; } = operations;

    public bool IsEmpty => Operations is { Count: 0 };

    /// <summary>How long the store may wait for a lock, where that is shorter than its own bound.</summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.MaxValue;

    /// <summary>
    /// Takes what fits from the front of a queue; operations of different sessions never share a batch. What nobody
    /// wants any more is dropped.
    /// </summary>
    public void Fill(Queue<(PendingOperation Pending, SessionId Session)> queue)
    {
        Operations = new List<PendingOperation>(Math.Min(queue.Count, MaxOperations));
        Session = default;
        long bytes = 0;
        while (Operations.Count < MaxOperations && queue.TryPeek(out var next)
            && (Operations.Count == 0 || (bytes + next.Pending.Size <= MaxBytes && Fits(next.Session))))
        {
            queue.Dequeue();
            if (!next.Pending.IsWithdrawn)
            {
                Session = next.Session == default ? Session : next.Session;
                Operations.Add(next.Pending);
                bytes += next.Pending.Size;
            }
        }
    }

    /// <summary>Puts the operations of another at the end of its own, if both fit in one.</summary>
    public bool TryAdd(PipelineBatch other)
    {
        if (Operations is null)
        {
            (Session, Operations, _bytes) = (other.Session, [.. other.Operations!], SizeOf(other));
            return true;
        }

        if (Operations.Count + other.Operations!.Count > MaxOperations || _bytes + SizeOf(other) > MaxBytes
            || !Fits(other.Session))
        {
            return false;
        }

        Session = other.Session == default ? Session : other.Session;
        Operations.AddRange(other.Operations);
        _bytes += SizeOf(other);
        return true;
    }

    /// <summary>Nobody knows whether it was written. What never left is not in doubt.</summary>
    public void Doubt() => Operations?.ForEach(static pending => pending.InDoubt = true);

    private static long SizeOf(PipelineBatch batch) => batch.Operations!.Sum(static pending => (long)pending.Size);

    private bool Fits(SessionId next) => next == default || Session == default || next == Session;
}
