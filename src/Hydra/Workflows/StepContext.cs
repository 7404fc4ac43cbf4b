using Hydra.Storage;

namespace Hydra;

/// <summary>What a running step body may know of itself.</summary>
public sealed class StepContext
{
    private static readonly AsyncLocal<StepContext?> Ambient = new();

    internal StepContext(
        ExecutionId executionId, string stepKey, int attempt, long epoch, string worker, SessionId session)
    {
        ExecutionId = executionId;
        StepKey = stepKey;
        Attempt = attempt;
        Epoch = epoch;
        Worker = worker;
        Session = session;
    }

    /// <summary>The step whose body the calling code belongs to; null outside of one.</summary>
    public static StepContext? Current
    {
        get => Ambient.Value;
        internal set => Ambient.Value = value;
    }

    /// <summary>The execution.</summary>
    public ExecutionId ExecutionId { get; }

    /// <summary>
    /// The key of the step: its name plus its occurrence. With the execution's id it makes an idempotency key.
    /// </summary>
    public string StepKey { get; }

    /// <summary>
    /// The number of this try, from 1. A try cut off by a crash keeps its number when it runs again. One whose commit
    /// the database undoes for another's sake may run again as the next, which counts as no failed try.
    /// </summary>
    public int Attempt { get; }

    /// <summary>The epoch of the claim under which this try began.</summary>
    public long Epoch { get; }

    /// <summary>The configured name of the worker.</summary>
    public string Worker { get; }

    /// <summary>The session of the worker, random at every start of its process.</summary>
    public SessionId Session { get; }
}
