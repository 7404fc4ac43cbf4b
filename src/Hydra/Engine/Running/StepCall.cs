using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>A step that workflow code has called: its body and how it is tried again.</summary>
internal abstract class StepCall(string key, Payload input, RetryPolicy retry, TimeSpan? timeout, bool scoped)
    : Call(EntryKind.Step, key, input)
{
    /// <summary>The name in the code, which many steps may share.</summary>
    public string Name { get; init; } = key;

    public RetryPolicy Retry { get; } = retry;

    public TimeSpan? Timeout { get; } = timeout;

    /// <summary>Whether its body gets a scope of services of its own.</summary>
    public bool Scoped { get; } = scoped;

    /// <summary>Whether its body begins at most once.</summary>
    public bool AtMostOnce { get; init; }

    /// <summary>What makes it transactional; null when it is not.</summary>
    public TransactionPlan? Transaction { get; init; }

    /// <summary>
    /// Whether an earlier try has committed its result in the user's transaction: it is delivered instead of a body.
    /// </summary>
    public bool HasLanded { get; set; }

    /// <summary>
    /// What it fails with, because its body begins at most once and has begun before; none when it has not.
    /// </summary>
    public Payload Foregone { get; set; }

    /// <summary>Whether a row is on its way that says that its body begins: that waits until it is durable.</summary>
    public bool BeginInFlight { get; set; }

    /// <summary>Whether a row says that its body did not begin after all.</summary>
    public bool IsTakenBack { get; set; }

    /// <summary>The number of its next or current try.</summary>
    public int Attempt { get; set; } = 1;

    /// <summary>How many tries have failed in this attempt of the execution.</summary>
    public int FailedTries { get; set; }

    /// <summary>
    /// How often its current try has begun anew, with a number of its own each time, because the database had undone it
    /// at its commit for the sake of another.
    /// </summary>
    public int Repeats { get; set; }

    /// <summary>When its next try may begin; null when it may at once.</summary>
    public Instant? RetryAt { get; set; }

    /// <summary>Whether its body runs now.</summary>
    public bool IsRunning { get; set; }

    /// <summary>
    /// The current try, kept from the garbage collector: its timers are all that ends a body which waits for ever.
    /// </summary>
    public BodyRun? Body { get; set; }

    /// <summary>Whether the row of a failed try is on its way: the next one waits until it is durable.</summary>
    public bool FailureInFlight { get; set; }

    /// <summary>When the current try began.</summary>
    public Instant StartedAt { get; set; }

    /// <summary>Whether a row says that the current try has begun.</summary>
    public bool StartRecorded { get; set; }

    /// <summary>Runs the body once. Called on the pool, outside the turn.</summary>
    /// <returns>The output, which has been read back once: what is recorded can be read.</returns>
    public abstract ValueTask<Payload> RunAsync(BodyScope scope, CancellationToken token);
}
