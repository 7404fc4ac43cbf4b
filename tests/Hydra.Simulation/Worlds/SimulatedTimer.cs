namespace Hydra.Simulation.Worlds;

/// <summary>A timer whose callback is work of its process.</summary>
internal sealed class SimulatedTimer(
    SimulatedProcess process, SimulatedTime time, TimerCallback callback, object? state) : ITimer
{
    private int _version; // What was scheduled under an older one has been changed or disposed of.

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero)
        {
            throw new NotSupportedException("The engine has no periodic timers.");
        }

        var version = ++_version;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            process.World.Schedule(
                time.InWorld(dueTime),
                process,
                static due =>
                {
                    var (timer, version) = ((SimulatedTimer, int))due!;
                    timer.Fire(version);
                },
                (this, version));
        }

        return true;
    }

    public void Dispose() => _version++;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Fire(int version)
    {
        if (version == _version)
        {
            callback(state);
        }
    }
}
