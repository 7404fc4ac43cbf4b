using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <content>The session: opening, beating, losing and closing it.</content>
internal sealed partial class Worker
{
    private BeatCheck? _check;
    private volatile WorkerSession? _lost; // The last that was given up.

    /// <summary>The last session that was given up, if its row may still be there.</summary>
    private WorkerSession? Distrusted => _lost is { MustClose: true } lost ? lost : null;

    private bool IsClosing => _closing.IsCancellationRequested;

    private async Task OpenSessionAsync(CancellationToken cancellationToken)
    {
        var id = new SessionId((long)(_runtime.NextRandom() >> 1) | 1);
        var lease = new Running.Lease(_runtime.Time, _options.ClaimTimeout);
        var asked = _clock.Ask();
        var now = await _store.OpenSessionAsync(
            new SessionRow
            {
                Id = id,
                Worker = _options.WorkerId,
                Build = _build,
                Host = $"{Environment.MachineName}:{Environment.ProcessId}",
                Workflows = _registry.Names,
                Concurrency = _options.Concurrency,
                HeartbeatInterval = _options.HeartbeatInterval,
                ClaimTimeout = _options.ClaimTimeout,
            },
            cancellationToken);
        _clock.Observe(now, asked);
        WorkerSession? session = null;
        session = new WorkerSession(id)
        {
            Services = _share(
                id,
                lease,
                (activation, dueAgain) => OnEnded(session!, activation, dueAgain),
                (activation, error) => HandBackUnlike(session!, activation, error)),
        };
        _check = new BeatCheck(session);
        _session = session;
        _log.SessionOpened(_options.WorkerId, id, _store.Namespace, _store.Capabilities.Name, _build);
        _wake.Set();
        _maintain.Set();
    }

    /// <summary>Beats until the worker closes. Each session beats from its own dedicated thread.</summary>
    private async Task BeatAsync()
    {
        while (!IsClosing)
        {
            if (_session is { } session)
            {
                var asked = 0L;
                await _runtime.Beat(
                    () =>
                    {
                        asked = _clock.Ask();
                        var running = _check!.Begin();
                        session.Services.Lease.Ask();
                        return _store.HeartbeatAsync(session.Id, running, CancellationToken.None);
                    },
                    (answer, error) => TakeBeat(session, asked, answer, error),
                    _closing.Token);
            }

            if (!IsClosing)
            {
                await ReplaceSessionAsync();
            }
        }
    }

    private TimeSpan? TakeBeat(WorkerSession session, long asked, HeartbeatAnswer? answer, Exception? error)
    {
        _beatPulse.Beat();
        _metrics.Called("heartbeat", failed: error is not null);
        if (IsClosing || _session != session)
        {
            return null;
        }

        if (answer is null)
        {
            _log.LoopFailed("The heartbeat", error!);
            return _options.HeartbeatInterval / 4;
        }

        _clock.Observe(answer.Now, asked);
        if (answer.Lost)
        {
            LoseSession(session);
            return null;
        }

        Renew(session);
        var orphans = _check!.Compare(answer, _claimInFlight);
        var nextBeat = _runtime.Time.GetTimestamp()
            + (long)(_options.HeartbeatInterval.TotalSeconds * _runtime.Time.TimestampFrequency);
        foreach (var orphan in orphans)
        {
            _pipeline.Submit(new OrphanRelease(orphan, nextBeat), session.Id);
        }

        if (orphans.Count > 0)
        {
            _log.OrphansReleased(orphans.Count);
        }

        return _options.HeartbeatInterval;
    }

    private static void Renew(WorkerSession session)
    {
        var lease = session.Services.Lease;
        var held = lease.Holds;
        lease.Renew();
        if (!held)
        {
            foreach (var activation in session.Activations.Values)
            {
                activation.Wake(); // Its bodies may begin again.
            }
        }
    }

    private void LoseSession(WorkerSession session)
    {
        if (GiveUp(session))
        {
            _log.SessionLost(session.Id);
        }
    }

    /// <summary>
    /// The database gives out an epoch again that this session had before: it has lost commits, and what was begun
    /// under that epoch would pass for what begins now. Under another session nothing of it does.
    /// </summary>
    private void DistrustSession(WorkerSession session, ExecutionRow row)
    {
        session.MustClose = true;
        if (GiveUp(session))
        {
            _log.EpochWentBack(row.Epoch, row.Id, row.Workflow, session.Id);
        }
    }

    /// <returns>Whether it was the current one.</returns>
    private bool GiveUp(WorkerSession session)
    {
        var isCurrent = Interlocked.CompareExchange(ref _session, null, session) == session;
        if (isCurrent)
        {
            _lost = session;
            _metrics.LostSession();
            foreach (var activation in session.Activations.Values)
            {
                activation.Hear(new Running.LeaseLost());
            }
        }

        return isCurrent;
    }

    private async Task ReplaceSessionAsync()
    {
        if (_session is null && Distrusted is { } distrusted)
        {
            await CloseSessionAsync(distrusted);
        }

        for (var tries = 0; !IsClosing && _session is null; tries++)
        {
            _beatPulse.Beat();
            try
            {
                await OpenSessionAsync(CancellationToken.None);
            }
            catch (Exception e)
            {
                _log.LoopFailed("Opening a session", e);
                await Task.Delay(Backoff(tries), _runtime.Time);
            }
        }
    }

    private async Task CloseSessionAsync(WorkerSession session)
    {
        try
        {
            await _store.CloseSessionAsync(session.Id, CancellationToken.None);
            _log.SessionClosed(_options.WorkerId, session.Id);
        }
        catch (Exception e) // The lease ends by itself; the others take back what is left.
        {
            _log.LoopFailed("Closing the session", e);
        }
    }
}
