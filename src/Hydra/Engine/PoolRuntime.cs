using System.Runtime.InteropServices;
using Hydra.Engine.Running;

namespace Hydra.Engine;

/// <summary>
/// The runtime of production: the thread pool, the system's randomness, a thread for heartbeats, and threads of our own
/// for when user code blocks the pool.
/// </summary>
/// <remarks>
/// Engine and bodies wait in lanes of their own: a thousand bodies that block hold up other bodies, but no claim, no
/// commit and no turn. The one place in the engine where banned symbols are allowed; .editorconfig names it.
/// </remarks>
internal sealed class PoolRuntime : EngineRuntime
{
    private const int MostOwnThreads = 500;

    private static readonly TimeSpan GuardInterval = TimeSpan.FromMilliseconds(100);

    private readonly Lane _engine = new("Hydra engine", int.MaxValue, growth: 1, MostOwnThreads);
    private readonly Lane _bodies = new("Hydra body", Environment.ProcessorCount + 2, growth: 8, MostOwnThreads);
    private readonly LaneScheduler _scheduler;
    private readonly ManualResetEventSlim _ended = new();

    public PoolRuntime(TimeProvider time) : base(time)
    {
        _scheduler = new LaneScheduler(_engine);
        new Thread(Guard) { IsBackground = true, Name = "Hydra guard" }.UnsafeStart();
    }

    /// <summary>A thread of our own is there for what waits, and the pool must keep some for what is no body.</summary>
    public override bool MayGoOn => _bodies.HasRoom && !Lane.IsOwnThread;

    public override void Post(IThreadPoolWorkItem item) => (item is BodyRun ? _bodies : _engine).Post(item);

    public override bool OthersWait => !_engine.IsEmpty;

    public override void BeginBody() => _bodies.Enter();

    public override void EndBody() => _bodies.Leave();

    public override Task Run(Func<Task> loop)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return new TaskFactory(_scheduler).StartNew(loop, TaskCreationOptions.DenyChildAttach).Unwrap();
        }
    }

    /// <summary>From here on there is only the pool.</summary>
    public override void Dispose()
    {
        base.Dispose();
        _ended.Set();
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
            Name = "Hydra beat",
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

    private void Guard()
    {
        while (!_ended.Wait(GuardInterval))
        {
            _engine.Look();
            _bodies.Look();
        }

        _ended.Dispose();
    }
}
