using Hydra.Storage;

namespace Hydra;

/// <content>Starts that others insert, as they save what is mapped to the store's tables.</content>
internal sealed partial class HydraClient
{
    private static readonly TimeSpan LongestUnread = TimeSpan.FromSeconds(10);

    private long _clockRead; // The process's timestamp at which a mapped start last read the database's clock.

    public IWorkflowStore Store => store;

    /// <summary>Enters the engine's runtime, as every call of the client does.</summary>
    public Task<T> EnterAsync<T>(Func<Task<T>> call) => Enter(call);

    /// <summary>The database's time, which a process without a worker may not have seen for long.</summary>
    public async Task<Instant> ReadClockAsync(CancellationToken cancellationToken)
    {
        var now = runtime.Time.GetTimestamp();
        var last = Interlocked.Read(ref _clockRead);
        if (last == 0 || runtime.Time.GetElapsedTime(last, now) > LongestUnread)
        {
            clock.Observe(await store.Queries.NowAsync(cancellationToken), now);
            Interlocked.Exchange(ref _clockRead, now);
        }

        return clock.Now;
    }

    /// <summary>Wakes the worker of this process for what is due.</summary>
    public void Expect(Instant due) => worker?.ExpectDue(due);
}
