using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// How long to wait for what is due next. Mostly until then; but the clock of a database that was set back stands still
/// for a while, and is not asked again and again for what should be due by now.
/// </summary>
internal sealed class DueWait(TimeProvider time)
{
    private const int LongestDelay = 250; // Milliseconds, and so late it may be noticed that the clock goes on.

    private Instant _due;
    private long _told;
    private TimeSpan _wait;
    private int _inVain;

    /// <summary>Called with what each claim has told, and how long that should take.</summary>
    public TimeSpan Until(Instant due, TimeSpan wait)
    {
        if (due != _due)
        {
            (_due, _told, _wait, _inVain) = (due, time.GetTimestamp(), wait, 0);
        }
        else if (time.GetElapsedTime(_told) > _wait)
        {
            _inVain = Math.Min(_inVain + 1, 10);
        }

        return wait + TimeSpan.FromMilliseconds(Math.Min(LongestDelay, 1 << _inVain)); // Timers round down.
    }
}
