using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>Operations that are committed together, and again until it is known what became of them.</summary>
/// <param name="session">Whose ownership they prove; none when they are of clients.</param>
/// <param name="operations">The operations; null when they are yet to be gathered.</param>
internal sealed class PipelineBatch(SessionId session = default, List<PendingOperation>? operations = null)
{
    private const int MaxOperations = 1_000;
    private const int MaxBytes = 4 * 1024 * 1024;

    public SessionId Session { get; private set; } = session;

    public List<PendingOperation>? Operations { get; private set; } = operations;

    public bool IsEmpty => Operations is { Count: 0 };

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

    /// <summary>Nobody knows whether it was written. What never left is not in doubt.</summary>
    public void Doubt() => Operations?.ForEach(static pending => pending.InDoubt = true);

    private bool Fits(SessionId next) => next == default || Session == default || next == Session;
}
