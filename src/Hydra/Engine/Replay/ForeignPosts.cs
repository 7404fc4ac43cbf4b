namespace Hydra.Engine.Replay;

/// <summary>
/// Continuations that other threads have posted to a workflow's scheduler; most workflows never have one.
/// </summary>
internal sealed class ForeignPosts
{
    private Queue<(SendOrPostCallback Callback, object? State)>? _posts;
    private volatile int _count;

    public bool IsEmpty => _count == 0;

    public void Add(SendOrPostCallback callback, object? state)
    {
        lock (this) // Nobody outside the loop sees this object, and most never need a lock of their own.
        {
            (_posts ??= new()).Enqueue((callback, state));
            _count++;
        }
    }

    public bool TryTake(out (SendOrPostCallback Callback, object? State) post)
    {
        post = default;
        if (_count == 0)
        {
            return false;
        }

        lock (this)
        {
            _count--;
            post = _posts!.Dequeue();
            return true;
        }
    }
}
