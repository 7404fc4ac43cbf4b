namespace Hydra.Engine.Running;

/// <summary>The line in which tries of transactional steps wait until the database has room for one more.</summary>
/// <remarks>
/// First come, first served, and nobody's time runs meanwhile. A place is kept until the transaction has ended and its
/// connection is given back, whoever has begun it, so that what bodies hold never takes from what the engine needs; or
/// until a body that does not end is let go of.
/// </remarks>
/// <param name="places">How many transactions may be open at once.</param>
internal sealed class TransactionLine(int places)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private int _free = places;

    /// <summary>Waits for a place.</summary>
    /// <returns>The place; disposing of it gives it to the next in the line.</returns>
    /// <exception cref="OperationCanceledException">The token has fired.</exception>
    public async ValueTask<Place> EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> mine;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return new Place(this);
            }

            mine = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using (cancellationToken.UnsafeRegister(_ => GiveUp(mine, cancellationToken), null))
        {
            await mine.Value.Task;
        }

        return new Place(this);
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> waiting, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (waiting.List is null)
            {
                return; // It has its place.
            }

            _waiting.Remove(waiting);
        }

        waiting.Value.TrySetCanceled(cancellationToken);
    }

    private void Leave()
    {
        TaskCompletionSource next;
        lock (_lock)
        {
            if (_waiting.First is not { } first)
            {
                _free++;
                return;
            }

            _waiting.Remove(first);
            next = first.Value;
        }

        next.TrySetResult();
    }

    /// <summary>One transaction's place.</summary>
    public sealed class Place(TransactionLine line) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                line.Leave();
            }
        }
    }
}
