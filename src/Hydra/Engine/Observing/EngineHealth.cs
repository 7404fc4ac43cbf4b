using Hydra.Engine.Pipeline;
using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>Whether an engine lives, and whether it is ready for work.</summary>
/// <remarks>
/// Alive are loops that go round, whatever the database does: to restart a process helps against nothing else. Ready is
/// stricter: the database answers and has the schema, the worker holds its lease, and nobody shuts it down.
/// </remarks>
internal sealed class EngineHealth(
    IWorkflowStore store,
    CommitPipeline pipeline,
    Worker? worker,
    EngineRuntime runtime,
    EngineLog log,
    Func<CancellationToken, Task<string?>> findPassedOver)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private volatile bool _opened;
    private volatile bool _stopping;
    private int _wasReady = 1; // Only changes are logged.

    public void Opened() => _opened = true;

    public void Stopping() => _stopping = true;

    /// <summary>Looks whether the loops live; those of an engine that stops may end.</summary>
    public IReadOnlyList<HealthFinding> CheckLoops()
    {
        if (!_opened || _stopping)
        {
            return [new HealthFinding("loops", IsGood: true)];
        }

        var dead = worker?.DeadLoops.ToList() ?? [];
        if (!pipeline.IsAlive)
        {
            dead.Add("commits");
        }

        return
        [
            dead.Count == 0
                ? new HealthFinding("loops", IsGood: true)
                : new HealthFinding("loops", IsGood: false, $"These go round no more: {string.Join(", ", dead)}."),
        ];
    }

    /// <summary>Looks whether it is ready. It asks the database, and gives that two seconds.</summary>
    public async Task<IReadOnlyList<HealthFinding>> CheckReadyAsync(CancellationToken cancellationToken)
    {
        List<HealthFinding> findings =
        [
            _stopping ? new("running", IsGood: false, "The engine is shutting down.")
            : _opened ? new("running", IsGood: true)
            : new("running", IsGood: false, "The engine is not open yet."),
            .. CheckLoops(),
        ];
        if (!_stopping)
        {
            findings.Add(await AskAsync("database", store.Queries.NowAsync, cancellationToken));
            findings.Add(findings[^1].IsGood
                ? await AskAsync("schema", VerifyAsync, cancellationToken)
                : new HealthFinding("schema", IsGood: false, "Unknown while the database does not answer."));
            if (findings.TrueForAll(static finding => finding.IsGood))
            {
                findings.Add(await LookAtSchedulesAsync(cancellationToken));
            }

            if (worker is not null && _opened)
            {
                findings.Add(worker.HoldsLease
                    ? new HealthFinding("lease", IsGood: true)
                    : new HealthFinding("lease", IsGood: false, "The worker holds no lease: its heartbeats are late."));
            }
        }

        Tell(findings);
        return findings;
    }

    /// <summary>A schedule that is passed over keeps nothing else from work: that is told, and is no failure.</summary>
    private async Task<HealthFinding> LookAtSchedulesAsync(CancellationToken cancellationToken)
    {
        string? passedOver = null;
        var look = await AskAsync(
            "schedules",
            async token =>
            {
                passedOver = await findPassedOver(token);
                return default;
            },
            cancellationToken);
        return new HealthFinding(look.Check, IsGood: true, passedOver ?? look.Detail);
    }

    private async Task<Instant> VerifyAsync(CancellationToken cancellationToken)
    {
        await store.VerifyAsync(cancellationToken);
        return default;
    }

    private async Task<HealthFinding> AskAsync(
        string check, Func<CancellationToken, Task<Instant>> ask, CancellationToken cancellationToken)
    {
        try
        {
            // Stores mostly wait for longer than whoever probes does; the call itself goes on.
            await ask(cancellationToken).WaitAsync(Patience, runtime.Time, cancellationToken);
            return new HealthFinding(check, IsGood: true);
        }
        catch (TimeoutException)
        {
            return new HealthFinding(check, IsGood: false, $"No answer within {Patience.TotalSeconds} s.");
        }
        catch (StoreException e)
        {
            log.CheckFailed(check, e);
            return new HealthFinding(check, IsGood: false, $"{e.Kind}; the log has the message.");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.CheckFailed(check, e);
            return new HealthFinding(check, IsGood: false, $"{e.GetType().Name}; the log has the message.");
        }
    }

    private void Tell(List<HealthFinding> findings)
    {
        var isReady = findings.TrueForAll(static finding => finding.IsGood);
        if (Interlocked.Exchange(ref _wasReady, isReady ? 1 : 0) != (isReady ? 1 : 0))
        {
            if (isReady)
            {
                log.ReadyAgain();
            }
            else
            {
                var bad = findings.Where(static finding => !finding.IsGood).Select(static finding => finding.Check);
                log.NotReady(string.Join(", ", bad));
            }
        }
    }
}
