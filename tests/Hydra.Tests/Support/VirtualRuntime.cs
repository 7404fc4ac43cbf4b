using Hydra.Engine;
using Hydra.Engine.Running;

namespace Hydra.Tests.Support;

/// <summary>The thread pool, as in production, but counted, on a virtual clock, and mortal.</summary>
/// <remarks>
/// Loops, bodies and calls of clients run on a scheduler that counts what they have queued; a body that leaves it by
/// ConfigureAwait(false) is on its own. Production beats from a thread that sleeps in real time; here beats wait on
/// the test's clock. A dead runtime runs nothing more, whatever still holds it: that is how a test kills a process.
/// </remarks>
internal sealed class VirtualRuntime : EngineRuntime
{
    private readonly Pulse _pulse;
    private readonly BodyGate _bodies;
    private readonly CountingScheduler _scheduler;
    private volatile bool _dead;

    public VirtualRuntime(TimeProvider time, Pulse pulse, BodyGate bodies) : base(time)
    {
        _pulse = pulse;
        _bodies = bodies;
        _scheduler = new CountingScheduler(this);
    }

    /// <summary>None, unless a test looks at what a planted fault does.</summary>
    public override PlantedFault Planted => Plants;

    public PlantedFault Plants { get; init; }

    /// <summary>Bodies belong on the scheduler that counts.</summary>
    public override bool MayGoOn => false;

    /// <summary>Ends the process that this runtime stands for: no farewell, no hand-over.</summary>
    public void Kill() => _dead = true;

    public override void Post(IThreadPoolWorkItem item)
    {
        if (item is BodyRun)
        {
            _bodies.Pass(() => _ = Schedule(() =>
            {
                item.Execute();
                return Task.CompletedTask;
            }));
        }
        else
        {
            Queue(item.Execute);
        }
    }

    public override Task Run(Func<Task> loop) => Schedule(loop);

    public override T Enter<T>(Func<T> call)
    {
        var task = new Task<T>(call, TaskCreationOptions.DenyChildAttach);
        _ = base.Enter(() =>
        {
            task.RunSynchronously(_scheduler);
            return task;
        });
        return task.GetAwaiter().GetResult();
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

    private Task Schedule(Func<Task> begin)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Factory.StartNew(
                begin, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();
        }
    }

    private void Queue(Action run)
    {
        if (_dead)
        {
            return;
        }

        _pulse.Begin();
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
                    state.Runtime._pulse.End();
                }
            },
            (Runtime: this, Run: run),
            preferLocal: false);
    }

    private sealed class CountingScheduler(VirtualRuntime runtime) : TaskScheduler
    {
        protected override void QueueTask(Task task) => runtime.Queue(() => TryExecuteTask(task));

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
            !runtime._dead && !taskWasPreviouslyQueued && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
