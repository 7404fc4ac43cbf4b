namespace Hydra.Relational.Claiming;

/// <summary>
/// Remembers, of each workflow and priority, before which time nothing was due when a session last looked.
/// </summary>
/// <remarks>
/// What was claimed leaves traces in an index for as long as somebody's old snapshot might see it, and every look from
/// the beginning would walk over all of them. Nothing becomes due in the past, so a look may begin where the last one
/// found nothing before, less <see cref="Trail"/> for transactions that were slow to commit. What commits even later is
/// found by a full look, which the engine asks for regularly. What a look has left behind holds the mark back.
/// Suspects are few, and are always looked for from the beginning.
/// Other processes go by what the database's clock tells, so marks do too, and not by the floor that this process puts
/// under it. When it was set back since the last look, they may have made things due before the marks, and the marks
/// are forgotten.
/// </remarks>
internal sealed class DueWatermarks(TimeProvider time)
{
    /// <summary>How much less than expected the clock may tell: it is adjusted gently, and answers take time.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    private const int MostSessions = 16; // A process has one at a time; this only bounds a mistake.

    /// <summary>How far a mark stays behind the clock.</summary>
    public static TimeSpan Trail => TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<SessionId, Marks> _sessions = [];

    /// <summary>From when on each level is looked at.</summary>
    public List<Instant> From(ClaimRequest request, IReadOnlyList<DueLevel> levels)
    {
        lock (_lock)
        {
            var marks = request.Full ? null : _sessions.GetValueOrDefault(request.Session);
            return [.. levels.Select(level => marks is not null && marks.Levels.TryGetValue(level, out var mark)
                ? mark
                : new Instant(long.MinValue))];
        }
    }

    /// <summary>Whether the clock was set back between a session's last look and one that was sent later.</summary>
    /// <param name="session">Who looked.</param>
    /// <param name="clock">What the database's clock told the later look.</param>
    /// <param name="sentAt">When that was sent, as a timestamp.</param>
    public bool MayHide(SessionId session, Instant clock, long sentAt)
    {
        lock (_lock)
        {
            return _sessions.GetValueOrDefault(session) is { } marks
                && clock < marks.Clock.Plus(time.GetElapsedTime(marks.AnsweredAt, sentAt) - Tolerance);
        }
    }

    /// <summary>Takes down what a look has found and what of it is still due.</summary>
    /// <param name="session">Who looked.</param>
    /// <param name="levels">At what it looked.</param>
    /// <param name="clock">What the database's clock told.</param>
    /// <param name="answeredAt">When it was answered, as a timestamp.</param>
    /// <param name="left">
    /// What was found in the level and not taken, or the last that was found where there may be more.
    /// </param>
    public void Note(
        SessionId session,
        IReadOnlyList<DueLevel> levels,
        Instant clock,
        long answeredAt,
        IEnumerable<(DueLevel Level, Instant DueAt)> left)
    {
        var trailing = clock.Plus(-Trail);
        var marks = levels.Where(static level => !level.Suspect).ToDictionary(static level => level, _ => trailing);
        foreach (var (level, dueAt) in left)
        {
            if (marks.TryGetValue(level, out var mark))
            {
                marks[level] = Instant.Min(mark, dueAt);
            }
        }

        lock (_lock)
        {
            if (_sessions.Count >= MostSessions && !_sessions.ContainsKey(session))
            {
                _sessions.Clear();
            }

            _sessions[session] = new Marks(clock, answeredAt, marks);
        }
    }

    public void Forget(SessionId session)
    {
        lock (_lock)
        {
            _sessions.Remove(session);
        }
    }

    private sealed record Marks(Instant Clock, long AnsweredAt, Dictionary<DueLevel, Instant> Levels);
}
