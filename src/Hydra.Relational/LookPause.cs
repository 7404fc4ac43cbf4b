namespace Hydra.Relational;

/// <summary>Paces a look that somebody's old snapshot can make dear: it takes a tenth of the time at most.</summary>
/// <remarks>One that never comes to its end is tried ever more seldom, down to once in five minutes.</remarks>
internal sealed class LookPause(TimeProvider time)
{
    private const int Factor = 10;

    private static readonly TimeSpan Cheap = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private long _since;
    private TimeSpan _pause;

    /// <summary>Whether to look.</summary>
    public bool IsOver => time.GetElapsedTime(_since) >= _pause;

    /// <summary>Begins anew, as when it is about something else.</summary>
    public void Forget() => _pause = TimeSpan.Zero;

    /// <summary>Takes down how a look went that began at some time.</summary>
    public void Note(long begun, bool succeeded)
    {
        _since = time.GetTimestamp();
        var took = time.GetElapsedTime(begun, _since);
        _pause = !succeeded ? Least(Most(_pause * 2, took * Factor), Longest)
            : took < Cheap ? TimeSpan.Zero
            : took * Factor;
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Most(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
