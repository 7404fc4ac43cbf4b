using Hydra.Engine;

namespace Hydra.Simulation.Checks;

/// <summary>Runs what is posted at once, on the caller's stack, at a time that stands still.</summary>
internal sealed class ImmediateRuntime() : EngineRuntime(new StoppedTime())
{
    public override void Post(IThreadPoolWorkItem item) => item.Execute();

    public override Task Run(Func<Task> loop) => throw new NotSupportedException();

    public override Task Beat<T>(
        Func<Task<T>> beat, Func<T?, Exception?, TimeSpan?> handle, CancellationToken stopping) where T : class =>
        throw new NotSupportedException();

    public override ulong NextRandom() => 0;

    private sealed class StoppedTime : TimeProvider, ITimer
    {
        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => this;

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
