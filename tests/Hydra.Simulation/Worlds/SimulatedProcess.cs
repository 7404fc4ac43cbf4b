namespace Hydra.Simulation.Worlds;

/// <summary>
/// One life of a process: a context whose posts go to the world's queue, and a clock of its own. Killed, it never runs
/// again; paused, its work waits, and it goes on later as a zombie that knows nothing of the gap.
/// </summary>
internal sealed class SimulatedProcess : SynchronizationContext
{
    private static readonly SendOrPostCallback RunItem = static state => ((IThreadPoolWorkItem)state!).Execute();

    private readonly List<Work> _waiting = [];

    public SimulatedProcess(SimulatedWorld world, int number, string name, TimeSpan offset, int driftPerMillion)
    {
        World = world;
        Number = number;
        Name = name;
        Time = new SimulatedTime(this, offset, driftPerMillion);
    }

    public SimulatedWorld World { get; }

    /// <summary>Unlike that of any other life.</summary>
    public int Number { get; }

    public string Name { get; }

    public SimulatedTime Time { get; }

    public ProcessState State { get; private set; }

    /// <summary>The executions that it owns, and those that its calls of the store on their way are about.</summary>
    public Func<IEnumerable<ExecutionId>> WorksOn { get; set; } = static () => [];

    public override SynchronizationContext CreateCopy() => this;

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("Nothing in the engine may block on another's work.");

    public override void Post(SendOrPostCallback d, object? state) => World.Schedule(TimeSpan.Zero, this, d, state);

    public void Post(IThreadPoolWorkItem item) => Post(RunItem, item);

    /// <summary>Calls code of the process now, from the world.</summary>
    public T Enter<T>(Func<T> call)
    {
        var caller = Current;
        SetSynchronizationContext(this);
        try
        {
            return call();
        }
        finally
        {
            SetSynchronizationContext(caller);
        }
    }

    public void Run(Work work)
    {
        switch (State)
        {
            case ProcessState.Alive:
                SetSynchronizationContext(this);
                try
                {
                    work.Callback(work.State);
                }
                finally
                {
                    SetSynchronizationContext(null);
                }

                break;
            case ProcessState.Paused:
                _waiting.Add(work);
                break;
            default:
                break; // Dropped with the process.
        }
    }

    public void Kill()
    {
        if (State != ProcessState.Dead)
        {
            World.Trace(Name, "killed");
            State = ProcessState.Dead;
            _waiting.Clear();
        }
    }

    public void Pause()
    {
        if (State == ProcessState.Alive)
        {
            World.Trace(Name, "paused");
            State = ProcessState.Paused;
        }
    }

    public void Resume()
    {
        if (State != ProcessState.Paused)
        {
            return;
        }

        World.Trace(Name, "resumed");
        State = ProcessState.Alive;
        foreach (var work in _waiting)
        {
            World.Reschedule(work);
        }

        _waiting.Clear();
    }
}
