namespace Hydra.Engine.Running;

/// <content>What others see of an activation whose code does not come back, and how they let go of it.</content>
internal sealed partial class Activation
{
    /// <summary>Changes with every turn; null while no round is under way. Any thread may ask.</summary>
    public (int Round, int Delivered)? Turn
    {
        get
        {
            var rounds = Volatile.Read(ref _rounds);
            return rounds % 2 == 0 ? null : (rounds, _loop.Delivered);
        }
    }

    private bool IsOver => Volatile.Read(ref _over) == 1;

    /// <summary>
    /// Ends the activation although its pump is stuck in the workflow's code: the execution is blocked for this build
    /// and the slot is free. Should the code come back, the pump finds out and does nothing more; what it still wrote
    /// would be fenced.
    /// </summary>
    /// <param name="reason">Why, for whoever looks at the execution.</param>
    /// <param name="limit">How long it was waited for.</param>
    /// <param name="threads">How many threads are lost with this one.</param>
    /// <returns>Whether it was not over yet.</returns>
    public bool Abandon(Failure reason, TimeSpan limit, int threads)
    {
        if (Interlocked.Exchange(ref _over, 1) != 0)
        {
            return false;
        }

        _shared.Log.Stuck(Id, _row.Workflow, limit, threads); // Before anybody can see what follows from it.
        _shared.GiveUp(this, reason);
        _shared.Ended(this, null);
        _shared.Completions.Signal(Id, null);
        return true;
    }
}
