namespace Hydra.Engine.Replay;

/// <summary>
/// Continuations that other threads have posted to a workflow's scheduler; most workflows never have one.
/// </summary>
internal sealed class ForeignPosts
{
    private Queue<ForeignPost>? _posts;
    private volatile int _count;

    public bool IsEmpty => _count == 0;

    public void Add(in ForeignPost post)
    {
        lock (this) // Nobody outside the loop sees this object, and most never need a lock of their own.
        {
            (_posts ??= new()).Enqueue(post);
            _count++;
        }
    }

    public bool TryTake(out ForeignPost post)
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
