using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <content>
/// The loops: claiming, maintenance, ticks, notices. Each survives every error and says so in the log.
/// </content>
internal sealed partial class Worker
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Maintenance runs this soon after a lease may have ended.</summary>
    private static readonly TimeSpan SweepSlack = TimeSpan.FromMilliseconds(500);

    private Instant _nextExpiry = Instant.Never; // As the last round of maintenance found it.

    private long _claimed; // Counts slots, so that every tenth goes to the oldest due execution.

    private long? _lookedInFull; // When a claim last did, as a timestamp.

    private async Task ClaimLoopAsync()
    {
        for (var failures = 0; !_stopping;)
        {
            _claimPulse.Beat();
            try
            {
                await _wake.WaitAsync(await ClaimAsync());
                failures = 0;
            }
            catch (Exception e)
            {
                // In doubt or not, a claim is never repeated: a beat finds what it may have taken.
                _log.LoopFailed("Claiming", e);
                await _wake.WaitAsync(Backoff(failures++));
            }
        }
    }

    /// <summary>One round: claims what is due, up to the free slots, and answers how long to wait.</summary>
    private async Task<TimeSpan> ClaimAsync()
    {
        var session = _session;
        var slots = session is null ? 0 : _slots.TakeUpTo(_slots.Capacity);
        if (slots == 0)
        {
            _backlog = session is not null; // Whoever frees a slot wakes this loop.
            Interlocked.MemoryBarrier(); // Told before the slots are looked at again, or a slot freed now wakes nobody.
            return _slots.Free > 0 && session is not null ? TimeSpan.Zero : _options.PollInterval;
        }

        var cached = new CachedJournals(_cache);
        var used = 0;
        _claimInFlight = true;
        Volatile.Write(ref _nextDue, Instant.Never.Micros);
        try
        {
            var (begun, full) = (_clock.Ask(), UntilFullLook == TimeSpan.Zero);
            var answer = await _store.ClaimAsync(CreateRequest(session!, slots, full, cached), CancellationToken.None);
            _clock.Observe(answer.Now, begun);
            _lookedInFull = full ? begun : _lookedInFull;
            if (answer.SessionLost)
            {
                LoseSession(session!);
                return _options.PollInterval;
            }

            var apart = new List<ClaimedExecution>();
            foreach (var claimed in answer.Executions)
            {
                if (RowCodec.NameSubject(claimed.Entries))
                {
                    apart.Add(claimed);
                }
                else if (cached.Complete(claimed) is not { } entries)
                {
                    HandBackUnlike(session!, claimed.Row.Id, claimed.Row.Epoch, claimed.Row.Workflow);
                }
                else if (entries.First().Subject is not null)
                {
                    apart.Add(claimed);
                }
                else
                {
                    _metrics.Claimed(claimed.Row.Workflow);
                    Activate(session!, claimed, entries);
                    used++;
                }
            }

            used += BeginApart(session!, apart, cached);
            if (used > 0)
            {
                _log.Claimed(used);
            }

            _claimed += used;
            _backlog = answer.More;
            LowerNextDue(answer.NextDue); // Without waking this very loop, which would claim again and again.
        }
        finally
        {
            _slots.Release(slots - used);
            _claimInFlight = false;
        }

        return WaitTime();
    }

    /// <summary>
    /// Begins what was claimed for subjects, without waiting for it. While keys cannot be had, half of the slots are
    /// kept for what needs none.
    /// </summary>
    /// <returns>How many have taken a slot.</returns>
    private int BeginApart(WorkerSession session, List<ClaimedExecution> claimed, CachedJournals cached)
    {
        if (claimed.Count == 0)
        {
            return 0;
        }

        var room = AreKeysAway(session) ? Math.Max(1, _slots.Capacity / 2) - session.Waiting.Count : int.MaxValue;
        var begun = claimed.Take(Math.Max(0, room)).ToList();
        var since = _runtime.Time.GetTimestamp();
        begun.ForEach(one => session.Waiting[one.Row.Id] = (one.Row, since));
        _besides.Add(BeginApartAsync(session, begun, cached));
        claimed.Skip(begun.Count).ToList().ForEach(one => PutOff(session, one.Row));

        return begun.Count;
    }

    private TimeSpan WaitTime()
    {
        if (_backlog)
        {
            return _slots.Free > 0 ? TimeSpan.Zero : _options.PollInterval;
        }

        var full = UntilFullLook;
        var next = new Instant(Volatile.Read(ref _nextDue));
        if (next == Instant.Never)
        {
            return full;
        }

        var wait = _dueWait.Until(next, _clock.Until(next));
        return wait < full ? wait : full;
    }

    /// <summary>
    /// How long until a claim looks at everything again: in whole milliseconds, since timers round down, and whoever
    /// looks a little too early looks twice.
    /// </summary>
    private TimeSpan UntilFullLook => _lookedInFull is { } last
        && _options.PollInterval - _runtime.Time.GetElapsedTime(last) is var left && left > TimeSpan.Zero
            ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds))
            : TimeSpan.Zero;

    private ClaimRequest CreateRequest(WorkerSession session, int slots, bool full, CachedJournals cached) =>
        new()
        {
            Session = session.Id,
            Full = full,
            Workflows = _registry.Names,
            Limit = slots,
            OldestFirst = (int)(((_claimed + slots) / 10) - (_claimed / 10)),
            AcceptSuspect = !session.Activations.Values.Any(static activation => activation.IsSuspect)
                && !session.Waiting.Values.Any(static one => one.Row.BarrenCrashes >= 2),
            CachedThrough = cached.Through,
        };

    /// <summary>What was committed here is not what is stored: nothing that rests on it may go on.</summary>
    private void HandBackUnlike(WorkerSession session, ExecutionId id, long epoch, string workflow)
    {
        _log.JournalUnlike(id, workflow);
        _pipeline.Submit(new UnlikeRelease(id, epoch, () => ExpectDue(_clock.Now)), session.Id);
    }

    /// <summary>The same, found by a write. Where reading it anew did not help, that is not done again.</summary>
    private void HandBackUnlike(WorkerSession session, Activation activation, StoreException error)
    {
        if (session.MayReadAnew(activation.Id, activation.Epoch, _clock.Now))
        {
            HandBackUnlike(session, activation.Id, activation.Epoch, activation.Workflow);
        }
        else
        {
            session.Services.GiveUp(activation, Failures.From(error));
        }
    }

    private async Task MaintenanceLoopAsync()
    {
        var timeout = EngineJson.Write(new Failure(
            typeof(WorkflowTimedOutException).FullName!, "The execution's timeout passed while no worker ran it."));
        for (var failures = 0; !_stopping;)
        {
            var wait = _options.PollInterval; // A new session ends the wait for one.
            _maintenancePulse.Beat();
            try
            {
                if (_session is { } session)
                {
                    wait = await MaintainAsync(session.Id, timeout);
                    LookForShredded();
                }

                failures = 0;
            }
            catch (Exception e) // Others may be dead meanwhile: their work must not wait for long.
            {
                _log.LoopFailed("Maintenance", e);
                wait = Backoff(failures++);
                wait = wait < SweepSlack ? wait : SweepSlack;
            }

            await _maintain.WaitAsync(wait);
        }
    }

    /// <summary>Who opens a session right after a look and dies at once is found when its lease has ended.</summary>
    private TimeSpan LongestUnswept =>
        _options.PollInterval < _options.ClaimTimeout ? _options.PollInterval : _options.ClaimTimeout;

    private async Task<TimeSpan> MaintainAsync(SessionId session, Payload timeout)
    {
        var asked = _clock.Ask();
        var answer = await _store.MaintainAsync(
            new MaintenanceRequest
            {
                Session = session,
                Build = _build,
                TimeoutFailure = timeout,
                QuarantineAfter = _options.QuarantineAfter,
                MaxSuspectDelay = _options.LongestCrashDelay,
            },
            CancellationToken.None);
        _clock.Observe(answer.Now, asked);
        Count(answer);

        // Whoever else has swept a lease that ended may have no slot for what it took back, and tell nobody.
        if (answer.Released.Count + answer.Unblocked.Count > 0 || _nextExpiry <= answer.Now)
        {
            ExpectDue(answer.Now);
        }

        _nextExpiry = answer.NextExpiry;
        await CountEndsAsync(answer.TimedOut);
        if (answer.More)
        {
            return TimeSpan.Zero;
        }

        // An expired lease that this worker may not judge yet is looked at again soon, not in a spin.
        var slack = SweepSlack * (0.2 + (0.8 * _runtime.NextChance()));
        var wait = _clock.Until(answer.NextExpiry);
        return wait < LongestUnswept ? wait + slack : LongestUnswept;
    }

    /// <summary>
    /// Every second, from a thread that nothing can starve: bodies that still run get a row that says so, and code that
    /// does not come back is let go of.
    /// </summary>
    private Task TickAsync()
    {
        var watch = new TurnWatch(_options.TurnTimeout, Tick, _slots.Capacity);
        var seen = new HashSet<Activation>();
        return _runtime.Beat(
            () => Task.FromResult(watch),
            (_, _) =>
            {
                _tickPulse.Beat();
                if (_stopping)
                {
                    return null;
                }

                try
                {
                    seen = TakeTick(watch, seen);
                }
                catch (Exception e) // The thread is ours alone: nobody else would catch it.
                {
                    _log.LoopFailed("The tick", e);
                }

                return Tick;
            },
            _stopped.Token);
    }

    private HashSet<Activation> TakeTick(TurnWatch watch, HashSet<Activation> seen)
    {
        var now = _session?.Activations.Values.ToHashSet() ?? [];
        foreach (var activation in now.Where(seen.Contains))
        {
            activation.Hear(BodyTick.Instance);
        }

        watch.Look(now);
        return now;
    }

    private async Task NoticeLoopAsync()
    {
        for (var failures = 0; !_stopping;)
        {
            try
            {
                await _store.WaitForChangeAsync(_stopped.Token);
                failures = 0;
                _wake.Set();
                NoticeSchedules();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                _log.LoopFailed("Waiting for changes", e);
                await Task.Delay(Backoff(failures++), _runtime.Time);
            }
        }
    }
}
