using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <summary>
/// One durable call of workflow code, from its issue to the delivery of its outcome. Changed only in turns.
/// </summary>
/// <remarks>
/// The completion sources of its kinds are made with TaskCreationOptions.None: running continuations asynchronously
/// would complete WhenAll and WhenAny promises on the pool, after the turn has come to rest.
/// </remarks>
internal abstract class Call(EntryKind kind, string key, Payload input)
{
    private volatile bool _done; // Set in turns; a body that is about to begin reads it from the pool.

    public EntryKind Kind { get; } = kind;

    public string Key { get; } = key;

    public Payload Input { get; } = input;

    /// <summary>How many outcomes had been delivered when the call was issued.</summary>
    public int Position { get; set; }

    /// <summary>The ordinal of the call among those issued at that position.</summary>
    public int Ordinal { get; set; }

    /// <summary>Whether its outcome was delivered, or it was withdrawn or ended by a cancellation.</summary>
    public bool Done
    {
        get => _done;
        set => _done = value;
    }

    /// <summary>The call issued before this one that is still outstanding; the call table's.</summary>
    public Call? Previous { get; set; }

    /// <summary>The call issued after this one that is still outstanding; the call table's.</summary>
    public Call? Next { get; set; }

    /// <summary>Undoes the registration on the token that may withdraw the call.</summary>
    public CancellationTokenRegistration Withdrawal { get; set; }

    /// <summary>Fires when nobody wants the result any more; only made for calls that can be withdrawn.</summary>
    public CancellationTokenSource? Withdrawn { get; set; }

    /// <summary>Whether a recorded input stands for the same value as today's, written by today's types.</summary>
    public abstract bool HasSameInput(Payload recorded);

    /// <summary>Completes the task that workflow code awaits.</summary>
    /// <exception cref="PayloadException">The recorded output cannot be read as today's type.</exception>
    public abstract void Deliver(JournalEntry outcome);

    /// <summary>Ends the task that workflow code awaits, without an outcome.</summary>
    public abstract void End(OperationCanceledException reason);
}
