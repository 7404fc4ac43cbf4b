namespace Hydra.Engine.Pipeline;

/// <summary>Places that writers share. When there are not enough, writers have them by turns.</summary>
/// <remarks>Safe from many threads at once. A place that is given back goes to whoever has waited longest.</remarks>
/// <param name="count">How many there are.</param>
internal sealed class ApartPlaces(int count)
{
    private readonly Lock _lock = new();
    private readonly Queue<Action> _waiting = new();
    private int _free = count;

    /// <summary>Takes a place, or has one given later.</summary>
    /// <param name="given">Called once, with a place, when the answer is no.</param>
    public bool TryTake(Action given)
    {
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return true;
            }

            _waiting.Enqueue(given);
            return false;
        }
    }

    public void GiveBack()
    {
        Action? given;
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out given))
            {
                _free++;
            }
        }

        given?.Invoke();
    }
}
