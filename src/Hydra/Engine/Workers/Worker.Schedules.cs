using System.Collections.Concurrent;
using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <content>
/// Firing schedules. Every worker looks; of several that want the same, the store lets the first, so none is in charge.
/// </content>
internal sealed partial class Worker
{
    private const int DueSchedules = 100;
    private const int MostDueSchedules = 1_000;
    private const int MostApart = 16; // At a time.

    private static readonly TimeSpan BrokenDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BlockedDelay = TimeSpan.FromSeconds(1);

    /// <summary>How long a schedule is left to workers that know its workflow, and with it its options.</summary>
    private static readonly TimeSpan StrangerDelay = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FireSlack = TimeSpan.FromMilliseconds(30);

    /// <summary>Between looks because something was noticed: much of what is noticed is about no schedule.</summary>
    private static readonly TimeSpan NoticeInterval = TimeSpan.FromSeconds(1);

    // Schedules that this worker leaves alone until then, or until they have been changed; never, while it fires them.
    private readonly ConcurrentDictionary<string, (Instant Until, long Change)> _later = new(StringComparer.Ordinal);

    private readonly AsyncGate _firesApart = new(MostApart);

    private int _noticed; // Notices since the last look that was because of one; 0 when another look is free.

    /// <summary>Something about schedules was changed from this process, which may have started executions.</summary>
    public void SchedulesChanged()
    {
        _fire.Set();
        ExpectDue(_clock.Now);
    }

    /// <summary>A change of a schedule has started executions, or cancelled some.</summary>
    public void HasApplied(IReadOnlyList<StoreOperation> operations)
    {
        foreach (var cancel in operations.OfType<CancelOperation>())
        {
            HasMail(cancel.Id, ExecutionRequests.Cancel);
        }

        foreach (var start in operations.OfType<StartOperation>())
        {
            ExpectDue(start.DueAt ?? _clock.Now);
        }
    }

    /// <summary>Something was written elsewhere: perhaps a schedule was made or resumed.</summary>
    private void NoticeSchedules()
    {
        if (_schedules is not null && Interlocked.Increment(ref _noticed) == 1)
        {
            _ = LookSoonAsync();
        }
    }

    private async Task LookSoonAsync()
    {
        _fire.Set();
        await Task.Delay(NoticeInterval, _runtime.Time);
        if (Interlocked.Exchange(ref _noticed, 0) > 1 && !_stopping)
        {
            NoticeSchedules(); // Of what was written since.
        }
    }

    private async Task ScheduleLoopAsync()
    {
        for (var failures = 0; !_stopping;)
        {
            TimeSpan wait;
            _firePulse!.Beat();
            try
            {
                wait = await FireDueAsync();
                failures = 0;
            }
            catch (Exception e) // What was in doubt is read anew: the cursor tells what became of it.
            {
                _log.LoopFailed("Firing schedules", e);
                wait = Backoff(failures++);
            }

            await _fire.WaitAsync(wait);
        }
    }

    /// <summary>One round: fires what is due, and answers how long to wait.</summary>
    private async Task<TimeSpan> FireDueAsync()
    {
        var limit = Math.Min(MostDueSchedules, DueSchedules + _later.Count); // What is left alone hides no others.
        var asked = _clock.Ask();
        var due = await _schedules!.Store.ListDueAsync(limit, CancellationToken.None);
        _clock.Observe(due.Now, asked);
        var next = due.NextDue;
        var count = due.Schedules.Count;
        var first = (int)(count * _runtime.NextChance()); // Workers that begin at the same one would all go on alike.
        var fires = false;
        for (var i = 0; i < count && !_stopping; i++)
        {
            _firePulse!.Beat();
            var row = due.Schedules[(first + i) % count];
            if (Until(row, due.Now) is { } until)
            {
                next = Instant.Min(next, until);
                continue;
            }

            fires = true;
            if (HasSubject(row))
            {
                _later[row.Name] = (Instant.Never, row.ChangeId);
                _besides.Add(FireApartAsync(row, due.Now));
            }
            else
            {
                next = Instant.Min(next, await FireAsync(row, due.Now));
            }
        }

        if (next <= due.Now || count == limit) // Behind so many there may be more.
        {
            return fires ? TimeSpan.Zero : BlockedDelay;
        }

        ForgetOthers(due.Schedules);

        // Not all workers at the very same moment: the others find it done then.
        var wait = _fireWait.Until(next, _clock.Until(next)) + (FireSlack * _runtime.NextChance());
        return wait < _options.PollInterval ? wait : _options.PollInterval;
    }

    /// <summary>Until when a due schedule is left alone here; null when it is not.</summary>
    private Instant? Until(ScheduleRow row, Instant now)
    {
        if (_later.TryGetValue(row.Name, out var later) && now < later.Until && row.ChangeId == later.Change)
        {
            return later.Until;
        }

        _later.TryRemove(row.Name, out _);
        return _registry.Find(row.Workflow) is null && now.Since(row.DueAt) < StrangerDelay
            ? row.DueAt.Plus(StrangerDelay)
            : null;
    }

    /// <summary>Whether the key of a subject is needed before it can be fired.</summary>
    private static bool HasSubject(ScheduleRow row)
    {
        try
        {
            return row.Input.IsEncoded || ScheduleJson.FindSubject(row) is not null;
        }
        catch (PayloadException)
        {
            return false; // It cannot be read, which whoever fires it tells.
        }
    }

    /// <summary>Forgets what was left alone and is due no more: somebody has changed or deleted it.</summary>
    private void ForgetOthers(IReadOnlyList<ScheduleRow> due)
    {
        if (_later.Count > due.Count)
        {
            foreach (var name in _later.Keys.Except(due.Select(static row => row.Name), StringComparer.Ordinal))
            {
                _later.TryRemove(name, out _);
            }
        }
    }

    /// <summary>
    /// Fires a schedule whose keys have to be looked for, some at a time: nothing else waits for them. The loop looks
    /// again behind each.
    /// </summary>
    private async Task FireApartAsync(ScheduleRow row, Instant now)
    {
        var begun = _runtime.Time.GetTimestamp();
        await _firesApart.EnterAsync();
        try
        {
            if (!_stopping)
            {
                var waited = _runtime.Time.GetElapsedTime(begun) > Tick;
                await FireAsync(row, waited ? await _store.Queries.NowAsync(CancellationToken.None) : now);
            }
        }
        catch (OperationCanceledException) when (_stopping)
        {
            // Nobody waits for its keys any more.
        }
        catch (Exception e) // The database is away: the loop tells of it as well, and goes on later.
        {
            _log.LoopFailed("Firing a schedule", e);
            Leave(row, BlockedDelay);
        }
        finally
        {
            _firesApart.Leave();
            _later.TryRemove(KeyValuePair.Create(row.Name, (Instant.Never, row.ChangeId))); // Unless left until later.
            _fire.Set();
        }
    }

    /// <summary>Fires one schedule, and answers when to look at it again.</summary>
    private async Task<Instant> FireAsync(ScheduleRow row, Instant now)
    {
        var asksForKeys = true;
        try
        {
            row = await _schedules!.DecodeAsync(row, _stopped.Token);
            asksForKeys = false;
            var plan = (await _schedules.PlanAsync(row, now, CancellationToken.None)).Plan();
            var change = _schedules.Change(row, plan);
            asksForKeys = true;
            change = await _schedules.FindKeysAsync(change, _stopped.Token);
            asksForKeys = false;
            var answer = await _schedules.ApplyAsync(change, CancellationToken.None);
            if (!answer.IsApplied)
            {
                return answer.Row?.DueAt ?? Instant.Never; // Another worker was first, or somebody has changed it.
            }

            if (plan.Missed is { } missed)
            {
                _log.InstantsMissed(row.Name, missed.ToDateTimeOffset());
            }

            HasApplied(change.Operations);
            return plan.NextDue;
        }
        catch (Exception e) when (e is PayloadException or ArgumentException
            or StoreException { Kind: StoreErrorKind.Deterministic })
        {
            _metrics.ScheduleFailed(row.Name);
            _log.ScheduleBroken(row.Name, e);
            return Leave(row, BrokenDelay);
        }
        catch (Exception e) when (asksForKeys ? !_stopping : e is StoreException { Blocked: true }) // Not of others.
        {
            _metrics.ScheduleFailed(row.Name);
            _log.LoopFailed("Firing a schedule", e);
            return Leave(row, BlockedDelay);
        }
    }

    private Instant Leave(ScheduleRow row, TimeSpan delay)
    {
        var until = _clock.Now.Plus(delay);
        _later[row.Name] = (until, row.ChangeId);
        return until;
    }
}
