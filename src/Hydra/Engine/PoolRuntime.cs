using System.Runtime.InteropServices;

namespace Hydra.Engine;

/// <summary>The runtime of production: the thread pool, the system's randomness, a thread for heartbeats.</summary>
/// <remarks>The one place in the engine where banned symbols are allowed; .editorconfig names it.</remarks>
internal sealed class PoolRuntime(TimeProvider time) : EngineRuntime(time)
{
    public override void Post(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);

    public override Task Run(Func<Task> loop)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(loop);
        }
    }

    public override Task Beat<T>(
        Func<Task<T>> beat, Func<T?, Exception?, TimeSpan?> handle, CancellationToken stopping) where T : class
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            while (true)
            {
                T? answer = null;
                Exception? error = null;
                try
                {
                    answer = beat().GetAwaiter().GetResult();
                }
                catch (Exception e)
                {
                    error = e;
                }

                if (handle(answer, error) is not { } wait)
                {
                    break;
                }

                stopping.WaitHandle.WaitOne(wait);
            }

            ended.SetResult();
        })
        {
            IsBackground = true,
            Name = "Hydra heartbeat",
            Priority = ThreadPriority.AboveNormal,
        };
        thread.UnsafeStart();
        return ended.Task;
    }

    public override ulong NextRandom()
    {
        ulong value = 0;
        Random.Shared.NextBytes(MemoryMarshal.AsBytes(new Span<ulong>(ref value)));
        return value;
    }
}
