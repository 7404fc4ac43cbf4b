using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <content>What comes from outside the scheduler: continuations of awaits that are no durable calls.</content>
/// <remarks>
/// A scheduler is not told when such an await begins, but the await keeps the context that was current then. So every
/// foreign continuation that is delivered begins an era with a context of its own: whoever posts through an older one
/// was under way when that continuation came, and two of them under way may come in another order on replay.
/// </remarks>
internal sealed partial class TurnLoop
{
    private readonly ForeignPosts _foreign = new();
    private Era? _era; // Null in the first era, whose context is the loop itself.
    private bool _firing; // Whether callbacks on the token run; touched by the pump only.
    private bool _overlapReported;

    /// <summary>The recorded continuation from outside that replay waits for, if it does.</summary>
    public JournalEntry? AwaitedForeign =>
        IsReplaying && _foreign.IsEmpty && _journal.Outcomes[_delivered] is { Kind: EntryKind.Foreign } entry
            ? entry
            : null;

    private bool OnScheduler => _current == this;

    private SynchronizationContext Context => _era ?? (SynchronizationContext)this;

    public override void Post(SendOrPostCallback d, object? state) => Post(d, state, era: null);

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!OnScheduler)
        {
            throw new NotSupportedException("Workflow code cannot be called synchronously from another thread.");
        }

        // A callback on the token that was registered to run in its context; the turn is its place.
        var before = Current;
        SetSynchronizationContext(Context);
        try
        {
            d(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override SynchronizationContext CreateCopy() => this;

    private void Post(SendOrPostCallback d, object? state, Era? era)
    {
        if (_dropped)
        {
            _host.ReportViolation(
                "Something other than a durable call was awaited while the execution was suspended or dropped; "
                + "what comes of it is lost here and happens again on replay. Do it in a step instead.");
        }
        else if (OnScheduler && !_firing)
        {
            _ready.Enqueue((d, state));
        }
        else
        {
            // What the token has set free comes in the order of its callbacks: that is no race.
            _foreign.Add(new ForeignPost(d, state, era, MayOverlap: OnScheduler));
            _host.Wake();
        }
    }

    /// <summary>Puts the next continuation from outside in the turn, if there is one, and begins another era.</summary>
    private bool TakeForeign()
    {
        if (!_foreign.TryTake(out var post))
        {
            return false;
        }

        if (post.Era != _era && !post.MayOverlap && !_overlapReported)
        {
            _overlapReported = true;
            _host.ReportViolation(
                "Two awaits of something other than durable calls were under way at once. Which of them comes first "
                + "may differ on replay, and then the journal does not match. Await them one after the other, or all "
                + "of them by one Task.WhenAll over tasks that do not go on in the workflow, or do the work in steps.");
        }

        _era = new Era(this);
        SetSynchronizationContext(_era);
        _ready.Enqueue((post.Callback, post.State));
        return true;
    }

    /// <summary>Fires the context's token, in the turn of the outcome that it stands for.</summary>
    /// <remarks>
    /// The callbacks run here, on the scheduler. What merely awaits the token, or a task that a callback completes,
    /// does not go on inside the turn, because of a context that nothing has captured: bodies and what is behind
    /// ConfigureAwait(false) go on in the pool, workflow code by an outcome of its own.
    /// </remarks>
    private void FireToken()
    {
        var before = Current;
        SetSynchronizationContext(new Era(this));
        _firing = true;
        try
        {
            _cancellation!.Cancel();
        }
        catch (AggregateException e) // Thrown by callbacks that the workflow's code has registered.
        {
            _host.ReportViolation(
                "A callback on the workflow's cancellation token failed with "
                + WithheldMessages.Describe(e.InnerException ?? e));
        }
        finally
        {
            _firing = false;
            SetSynchronizationContext(before);
        }
    }

    /// <summary>The context of the code from one foreign continuation to the next.</summary>
    private sealed class Era(TurnLoop loop) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => loop.Post(d, state, this);

        public override void Send(SendOrPostCallback d, object? state) => loop.Send(d, state);

        public override SynchronizationContext CreateCopy() => this;
    }
}
