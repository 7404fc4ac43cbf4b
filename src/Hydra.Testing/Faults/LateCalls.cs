using System.Collections.Concurrent;

namespace Hydra.Testing;

/// <summary>Calls that happen although their callers were told that nobody knows.</summary>
/// <remarks>
/// Each happens once the next call has begun by which its caller finds out, and before that is answered: where a lock
/// lets only one of both in, the database decides in which order.
/// </remarks>
internal sealed class LateCalls
{
    private readonly ConcurrentDictionary<StoreCallKind, ConcurrentQueue<Func<Task>>> _waiting = new();

    public void Add(StoreCallKind kind, Func<Task> call) => _waiting
        .GetOrAdd(kind == StoreCallKind.CommitTransaction ? StoreCallKind.Bar : kind, static _ => new())
        .Enqueue(call);

    /// <summary>Makes a call, and behind its beginning those that come late.</summary>
    public async Task<T> FollowAsync<T>(StoreCallKind kind, Func<Task<T>> call)
    {
        var answer = call();
        while (_waiting.TryGetValue(kind, out var waiting) && waiting.TryDequeue(out var late))
        {
            try
            {
                await late();
            }
            catch (Exception)
            {
                // Whatever comes of it, there is nobody to be told.
            }
        }

        return await answer;
    }
}
