namespace Hydra.Engine;

/// <summary>
/// The seam between the engine and the machine: time, chance, and where code runs. The pool in production, a seeded
/// scheduler in simulation. The engine starts nothing and asks no clock but through it.
/// </summary>
internal abstract class EngineRuntime(TimeProvider time) : IDisposable
{
    public TimeProvider Time { get; } = time;

    /// <summary>Runs an item soon, outside the caller's stack and context.</summary>
    public abstract void Post(IThreadPoolWorkItem item);

    /// <summary>
    /// Whether a thread may go on with what its item led to, instead of posting that. Simulation tosses a coin, because
    /// either may happen.
    /// </summary>
    public virtual bool MayGoOn => true;

    /// <summary>
    /// Whether work of the engine's waits for a thread, so that a loop may let it go first. Simulation tosses a coin.
    /// </summary>
    public virtual bool OthersWait => false;

    /// <summary>A thread that made a round goes on with a body.</summary>
    public virtual void BeginBody()
    {
    }

    /// <summary>The body has ended or waits for something.</summary>
    public virtual void EndBody()
    {
    }

    /// <summary>Runs an asynchronous loop of the engine; its continuations stay where it began.</summary>
    public abstract Task Run(Func<Task> loop);

    /// <summary>
    /// Beats until a round says stop. In production from a dedicated thread, so that user code which starves the pool
    /// cannot make a live worker look dead.
    /// </summary>
    /// <param name="beat">One call of the store.</param>
    /// <param name="handle">Takes the answer or the error; answers how long to wait, or null to end.</param>
    /// <param name="stopping">Ends a wait early; the next round then decides.</param>
    public abstract Task Beat<T>(
        Func<Task<T>> beat, Func<T?, Exception?, TimeSpan?> handle, CancellationToken stopping) where T : class;

    /// <summary>64 random bits: for ids, seeds and jitter.</summary>
    public abstract ulong NextRandom();

    /// <summary>Whether somebody may be stepping through the code, which then comes back when they are done.</summary>
    public virtual bool IsDebugged => System.Diagnostics.Debugger.IsAttached;

    /// <summary>The mistake that the engine makes on purpose: none but in simulation.</summary>
    public virtual PlantedFault Planted => PlantedFault.None;

    /// <summary>The engine is closed; what still comes late runs nevertheless.</summary>
    public virtual void Dispose()
    {
    }

    /// <summary>A random number from 0 to 1.</summary>
    public double NextChance() => (NextRandom() >> 11) * (1.0 / (1ul << 53));

    /// <summary>
    /// Calls engine code from a caller with a context of its own, such as a UI thread, without its continuations
    /// going there.
    /// </summary>
    public virtual T Enter<T>(Func<T> call) => LeaveContext(call);

    /// <summary>The same where no engine is, or where it plays no part.</summary>
    public static T LeaveContext<T>(Func<T> call)
    {
        var caller = SynchronizationContext.Current;
        if (caller is null)
        {
            return TaskScheduler.Current == TaskScheduler.Default ? call() : LeaveScheduler(call);
        }

        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return TaskScheduler.Current == TaskScheduler.Default ? call() : LeaveScheduler(call);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(caller);
        }
    }

    /// <summary>On this very thread, as a task of the pool's: what follows an await goes there.</summary>
    private static T LeaveScheduler<T>(Func<T> call)
    {
        var task = new Task<T>(call, TaskCreationOptions.DenyChildAttach);
        task.RunSynchronously(TaskScheduler.Default);
        return task.GetAwaiter().GetResult();
    }
}
