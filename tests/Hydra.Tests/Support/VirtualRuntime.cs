using Hydra.Engine;

namespace Hydra.Tests.Support;

/// <summary>The thread pool, as in production, but counted, on a virtual clock, and mortal.</summary>
/// <remarks>
/// Production's runtime beats from a thread that sleeps in real time; here beats wait on the test's clock. A dead
/// runtime runs nothing more, whatever still holds it: that is how a test kills a process that it shares.
/// </remarks>
internal sealed class VirtualRuntime(TimeProvider time, Pulse pulse) : EngineRuntime(time)
{
    private volatile bool _dead;

    /// <summary>Ends the process that this runtime stands for: no farewell, no hand-over.</summary>
    public void Kill() => _dead = true;

    public override void Post(IThreadPoolWorkItem item) => Queue(item.Execute);

    public override Task Run(Func<Task> loop)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Factory.StartNew(
                loop, CancellationToken.None, TaskCreationOptions.DenyChildAttach, new LoopScheduler(this)).Unwrap();
        }
    }

    public override Task Beat<T>(
        Func<Task<T>> beat, Func<T?, Exception?, TimeSpan?> handle, CancellationToken stopping) where T : class =>
        Run(async () =>
        {
            while (true)
            {
                T? answer = null;
                Exception? error = null;
                try
                {
                    answer = await beat();
                }
                catch (Exception e)
                {
                    error = e;
                }

                if (handle(answer, error) is not { } wait)
                {
                    return;
                }

                try
                {
                    await Task.Delay(wait, Time, stopping);
                }
                catch (OperationCanceledException)
                {
                    // One more beat, which is told that there are no more.
                }
            }
        });

    public override ulong NextRandom() => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);

    private void Queue(Action run)
    {
        if (_dead)
        {
            return;
        }

        pulse.Begin();
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                try
                {
                    if (!state.Runtime._dead)
                    {
                        state.Run();
                    }
                }
                finally
                {
                    state.Pulse.End();
                }
            },
            (Runtime: this, Pulse: pulse, Run: run),
            preferLocal: false);
    }

    /// <summary>Keeps the continuations of the engine's loops on the counted queue.</summary>
    private sealed class LoopScheduler(VirtualRuntime runtime) : TaskScheduler
    {
        protected override void QueueTask(Task task) => runtime.Queue(() => TryExecuteTask(task));

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
