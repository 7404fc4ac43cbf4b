using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>Replay at rest: it waits for something that came from outside when it was recorded.</content>
internal sealed partial class Activation
{
    /// <summary>
    /// How long replay waits for a recorded continuation from outside. Whatever was awaited took its time then and may
    /// again; but what completes at once today never posts anything.
    /// </summary>
    internal static readonly TimeSpan ReplayPatience = TimeSpan.FromMinutes(5);

    private long _awaitedSeq; // Of the continuation that is waited for.
    private Instant _awaitedUntil;

    /// <summary>
    /// Waits, but not for ever; nothing else that is due can be delivered meanwhile. A cancellation or a timeout is
    /// kept until replay is through, or is left to another build.
    /// </summary>
    private void WaitForForeign()
    {
        if (_loop.AwaitedForeign is not { } entry)
        {
            return; // It has come since: the next round delivers it.
        }

        var now = _shared.Clock.Now;
        if (entry.Seq != _awaitedSeq)
        {
            (_awaitedSeq, _awaitedUntil) = (entry.Seq, now.Plus(ReplayPatience));
        }

        if (now < _awaitedUntil)
        {
            WakeAt(_awaitedUntil);
            return;
        }

        Refuse(new Mismatch(
            $"The journal recorded a continuation from outside at seq {entry.Seq}: the code awaited something other "
            + $"than a durable call. This time it did not wait for one, or did not get it within {ReplayPatience}. "
            + "The usual cause is something cached, which then completes at once: do such work in a step."));
    }
}
