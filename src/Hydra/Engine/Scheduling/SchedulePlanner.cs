using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>
/// Decides what a schedule starts and cancels: from what it is, how far it has come, the database's clock, and which of
/// its executions have ended. Nothing else plays a part, so every worker decides the same.
/// </summary>
/// <remarks>
/// The cursor alone says which instants have been decided about, and it only goes forward: that is why each is started
/// once, whatever clocks and workers do. One plan is bounded; what is left is the next plan's, at once. A plan is used
/// once, by one thread.
/// </remarks>
internal sealed class SchedulePlanner
{
    /// <summary>The most executions that one change starts, and fewer where its input is large.</summary>
    public const int MostStarts = 100;

    /// <summary>The most that waits; further instants are skipped.</summary>
    public const int MostWaiting = 1_000;

    /// <summary>The most executions that are looked at before a start.</summary>
    public const int MostRunning = 100;

    private const int MostInstants = 10_000; // Looked at in one plan.

    /// <summary>An instant that is later than this was missed.</summary>
    private static readonly TimeSpan OnTime = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ShortestLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(30);

    private readonly ScheduleDefinition _definition;
    private readonly ScheduleProgress _before;
    private readonly Instant _now;
    private readonly int _mostStarts;
    private readonly Func<WantedStart, ExecutionId> _id;
    private readonly BoundedInstants _instants;
    private readonly List<StartedExecution> _running;
    private readonly List<WantedStart> _waiting;
    private readonly List<WantedStart> _starts = [];
    private readonly List<ExecutionId> _cancels = [];
    private readonly List<Backfill> _backfills;
    private long _skipped;
    private Instant _cursor;
    private Instant? _missed;
    private int _looked;
    private bool _more;

    /// <param name="definition">What it is.</param>
    /// <param name="progress">How far it has come.</param>
    /// <param name="now">The database's clock.</param>
    /// <param name="ended">Which of the executions that its progress names have ended.</param>
    /// <param name="mostStarts">How many executions it starts at most.</param>
    /// <param name="id">The id that an execution has, by the schedule and what it is started for.</param>
    /// <exception cref="ArgumentException">This machine does not know the time zone.</exception>
    public SchedulePlanner(
        ScheduleDefinition definition,
        ScheduleProgress progress,
        Instant now,
        IReadOnlySet<ExecutionId> ended,
        int mostStarts,
        Func<WantedStart, ExecutionId> id)
    {
        _definition = definition;
        _before = progress;
        _now = now;
        _mostStarts = mostStarts;
        _id = id;
        _instants = definition.ReadInstants();
        _running = [.. progress.Running.Where(one => !ended.Contains(one.Id))];
        _waiting = [.. progress.Waiting];
        _backfills = [.. progress.Backfills.Where(static range => !range.IsTooEarly)];
        _cursor = progress.Cursor;
    }

    /// <summary>Whether this plan leaves nothing that is due by now.</summary>
    public bool IsCaughtUp => !_more;

    /// <summary>Does what is due.</summary>
    public SchedulePlan Plan()
    {
        Release();
        CatchUp();
        Backfill();
        return Result();
    }

    /// <summary>Does what is due but for ranges of the past, which may be long: they stay as they are.</summary>
    public SchedulePlan PlanWithoutRanges()
    {
        Release();
        CatchUp();
        return Result();
    }

    /// <summary>Does what somebody wants now, whatever else is due.</summary>
    /// <param name="wanted">What he wants.</param>
    /// <param name="overlap">What happens when it would overlap.</param>
    public SchedulePlan Trigger(WantedStart wanted, OverlapPolicy overlap)
    {
        Offer(wanted, overlap);
        return Result();
    }

    private bool IsFull => _starts.Count >= _mostStarts || _looked >= MostInstants;

    /// <summary>Starts what waited for others that have ended.</summary>
    private void Release()
    {
        while (_waiting.Count > 0 && (_running.Count == 0 || _definition.Overlap == OverlapPolicy.Allow))
        {
            if (IsFull)
            {
                _more = true;
                return;
            }

            Start(_waiting[0]);
            _waiting.RemoveAt(0);
        }
    }

    private void CatchUp()
    {
        var late = Instant.Min(_now, Instant.Max(_before.MissedUpTo, _now.Plus(-OnTime)));
        if (_cursor < late)
        {
            PassMissed(late);
        }

        for (var next = _instants.After(_cursor); next <= _now; next = _instants.After(_cursor))
        {
            if (IsFull)
            {
                _more = true;
                return;
            }

            _looked++;
            Offer(new WantedStart(next.Value), _definition.Overlap);
            _cursor = next.Value;
        }

        _cursor = Instant.Max(_cursor, _now);
    }

    /// <summary>Moves the cursor past those missed instants that are not made up for.</summary>
    private void PassMissed(Instant late)
    {
        var cursor = _definition.CatchUp switch
        {
            CatchUpPolicy.All => Instant.Max(_cursor, _now.Plus(-_definition.CatchUpWindow)),
            CatchUpPolicy.Last when !(_instants.After(late) <= _now) && _instants.Last(_cursor, late) is { } last =>
                new Instant(last.Micros - 1),
            _ => late,
        };
        _missed = _instants.After(_cursor) is { } missed && missed <= cursor ? missed : null;
        _cursor = cursor;
    }

    private void Offer(WantedStart start, OverlapPolicy overlap)
    {
        if (overlap == OverlapPolicy.Allow || (_running.Count == 0 && _waiting.Count == 0))
        {
            Start(start);
            return;
        }

        switch (overlap)
        {
            case OverlapPolicy.BufferOne when _waiting.Count == 0:
            case OverlapPolicy.BufferAll when _waiting.Count < MostWaiting:
                _waiting.Add(start);
                break;
            case OverlapPolicy.CancelOther:
                Replace(start);
                break;
            default:
                _skipped++;
                break;
        }
    }

    /// <summary>Asks what runs to stop; what was to be started by this very plan is left out instead.</summary>
    private void Replace(WantedStart start)
    {
        var unbegun = _starts.ConvertAll(one => _id(one));
        _skipped += _waiting.Count + _starts.Count;
        _running.RemoveAll(one => unbegun.Contains(one.Id));
        _starts.Clear();
        _waiting.Clear();
        if (_running.Count == 0)
        {
            Start(start);
            return;
        }

        _waiting.Add(start);
        for (var i = 0; i < _running.Count; i++)
        {
            if (!_running[i].Cancelled)
            {
                _cancels.Add(_running[i].Id);
                _running[i] = _running[i] with { Cancelled = true };
            }
        }
    }

    private void Backfill()
    {
        while (_backfills.Count > 0 && !_more)
        {
            var backfill = _backfills[0];
            var next = _instants.After(backfill.Cursor);
            if (!(next <= backfill.UpTo))
            {
                _backfills.RemoveAt(0);
            }
            else if (!backfill.AtOnce && (_running.Count > 0 || _waiting.Count > 0))
            {
                return;
            }
            else if (IsFull)
            {
                _more = true;
            }
            else
            {
                Start(new WantedStart(next.Value, StartCause.Backfill, backfill.Serial), counts: !backfill.AtOnce);
                _backfills[0] = backfill with { Cursor = next.Value };
            }
        }
    }

    /// <param name="start">What is started.</param>
    /// <param name="counts">Whether a further start would overlap with it.</param>
    private void Start(WantedStart start, bool counts = true)
    {
        _starts.Add(start);
        if (counts && (_definition.Overlap != OverlapPolicy.Allow || start.Cause == StartCause.Backfill)
            && _running.Count < MostRunning) // The oldest are kept: who is left out must not be what runs for long.
        {
            _running.Add(new StartedExecution(_id(start), _now));
        }
    }

    private SchedulePlan Result()
    {
        var progress = _before with
        {
            Cursor = _cursor,
            Running = _running,
            Waiting = _waiting,
            Backfills = _backfills,
            Started = _before.Started + _starts.Count,
            Skipped = _before.Skipped + _skipped,
            LastAt = _starts.FindLast(start => start.Cause == StartCause.Timetable)?.At ?? _before.LastAt,
        };
        return new SchedulePlan(_starts, _cancels, NextDue(), progress, _skipped, _missed);
    }

    /// <summary>
    /// What waits for executions of other processes can only look: the longer they have run, the less often.
    /// </summary>
    private Instant NextDue()
    {
        if (_more)
        {
            return _now;
        }

        var next = _instants.After(_cursor) ?? Instant.Never;
        if (_waiting.Count == 0 && _backfills.Count == 0)
        {
            return next;
        }

        if (_running.Count == 0)
        {
            return _now;
        }

        var look = _now.Since(_running.Max(one => one.At)) / 20;
        look = look < ShortestLook ? ShortestLook : look > LongestLook ? LongestLook : look;
        return Instant.Min(next, _now.Plus(look));
    }
}
