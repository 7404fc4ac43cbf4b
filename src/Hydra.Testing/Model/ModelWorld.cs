using Microsoft.Extensions.Time.Testing;

namespace Hydra.Testing;

/// <summary>Plays a random sequence: some sessions with their beliefs, the executions so far, and the clock.</summary>
internal sealed partial class ModelWorld
{
    private readonly FakeTimeProvider _clock;
    private readonly ISet<string> _reached;
    private readonly ModelStores _stores;
    private readonly ModelScan? _scan;
    private readonly ModelDraw _draw;
    private readonly List<ModelSession> _sessions;
    private readonly HashSet<ExecutionId> _started = [];
    private readonly List<CommitBatch> _batches = [];

    public ModelWorld(ModelSubject subject, bool scans, int sessions)
    {
        _clock = subject.Harness.Clock;
        _reached = subject.Reached;
        _stores = new ModelStores(subject.Sides);
        _draw = new ModelDraw(_clock);
        _schedules = new ModelSchedules(_draw);
        _scan = scans ? new ModelScan(_stores.Reference) : null;
        _sessions = [.. Enumerable.Range(0, sessions).Select(static index => new ModelSession(index))];
    }

    private static CancellationToken Token => CaseContext.Token;

    private Instant Now => Instant.From(_clock.GetUtcNow());

    public async Task BeginAsync()
    {
        foreach (var session in _sessions)
        {
            await OpenAsync(session);
        }
    }

    public async Task StepAsync(ModelCommand command)
    {
        var random = new Random(command.Seed);
        var session = ModelDraw.Pick(random, _sessions);
        _clock.Advance(TimeSpan.FromMicroseconds(1)); // So that ages differ.
        switch (command.Action)
        {
            case ModelAction.Start:
            case ModelAction.Advance:
            case ModelAction.Settle:
            case ModelAction.Cancel:
            case ModelAction.Terminate:
            case ModelAction.Retry:
                await CommitAsync(session, [.. _draw.Operations(command.Action, random, session)]);
                break;
            case ModelAction.Batch:
                await CommitAsync(session, [.. _draw.Batch(random, session)]);
                break;
            case ModelAction.Resubmit when _batches.Count > 0:
                await SubmitAsync(session, _batches[^random.Next(1, Math.Min(5, _batches.Count) + 1)]);
                break;
            case ModelAction.Claim:
                await ClaimAsync(session, random);
                break;
            case ModelAction.Pass:
                var span = ModelDraw.Pick(random, ModelDraw.Spans);
                await PassAsync(span, _sessions.Where(_ => random.Next(3) > 0).ToList());
                break;
            case ModelAction.Crash:
                await CrashAsync(session, random);
                break;
            case ModelAction.Maintain:
                await MaintainAsync(session, random);
                break;
            case ModelAction.Land:
                await LandAsync(session, random);
                break;
            case ModelAction.Delete:
                await DeleteAsync(session, random);
                break;
            case ModelAction.Schedule:
                await ScheduleAsync(session, random);
                break;
            case ModelAction.Key:
                await KeyAsync(session, random);
                break;
            case ModelAction.Read:
                await ReadAsync(session, random);
                break;
            case ModelAction.Reopen:
                await _stores.ReopenAsync(session);
                break;
            case ModelAction.Open:
                session.Renew();
                await OpenAsync(session);
                break;
            case ModelAction.Close:
                await _stores.CallAsync(
                    session, () => "close", async store => await CloseAsync(store, session), static _ => "");
                break;
        }
    }

    public async Task EndAsync()
    {
        await _stores.CompareContentsAsync();
        await ModelScan.CheckInvariantsAsync(_stores.Reference);
    }

    private static async Task<object> CloseAsync(IWorkflowStore store, ModelSession session)
    {
        await store.CloseSessionAsync(session.Id, Token);
        return session;
    }

    private Task<object?> OpenAsync(ModelSession session) => _stores.CallAsync(
        session,
        () => "open",
        async store => (object)await store.OpenSessionAsync(session.Row, Token),
        static now => $"{now}");

    private async Task ReadAsync(ModelSession session, Random random)
    {
        var read = _draw.Read(random);
        await _stores.CallAsync(
            session, () => read.What, store => read.CallAsync(store.Queries, Token), static text => text);
        _reached.Add($"read {read.What.Split(' ')[0]}");
    }

    private async Task PassAsync(TimeSpan time, List<ModelSession> beating)
    {
        var rounds = 0;
        for (var left = time; left > TimeSpan.Zero; left -= Worker.Interval)
        {
            // Beats in the first rounds and at the end are enough for every case: on time, late, dead and revived.
            _clock.Advance(rounds++ < 12 && left > Worker.Interval ? Worker.Interval : left);
            left = rounds > 12 ? TimeSpan.Zero : left;
            foreach (var session in beating)
            {
                await _stores.CallAsync(
                    session, () => "beat", store => store.HeartbeatAsync(session.Id, [], Token), ModelStores.Render);
            }
        }
    }

    /// <summary>Has a session claim and die, perhaps several times, until what it claims is a suspect.</summary>
    private async Task CrashAsync(ModelSession session, Random random)
    {
        var others = _sessions.Where(other => other != session).ToList();
        for (var crashes = random.Next(1, 5); crashes > 0; crashes--)
        {
            await ClaimAsync(session, random);
            await PassAsync(Worker.ClaimTimeout + Worker.Interval, others);
            await MaintainAsync(ModelDraw.Pick(random, others), random);
            session.Renew();
            await OpenAsync(session);
        }
    }

    private async Task ClaimAsync(ModelSession session, Random random)
    {
        var request = ModelDraw.Claim(random, session);
        var expected = _scan is null ? null : await _scan.ExpectAsync(request, Now);
        var answer = await _stores.CallAsync(
            session, () => $"claim {request}", store => store.ClaimAsync(request, Token), ModelStores.Render);
        expected?.Compare(answer!);
        Reach(answer!);
        if (answer!.SessionLost && random.Next(2) == 0)
        {
            session.Renew();
            await OpenAsync(session);
        }

        session.Believe(request, answer);
    }

    private async Task MaintainAsync(ModelSession session, Random random)
    {
        // With a small limit stores may choose differently what comes first, so only one of them plays it.
        var request = ModelDraw.Maintain(random, session, mayBeSmall: _scan is not null);
        var expected = _scan is null ? null : await _scan.ExpectAsync(request, Now);
        var answer = await _stores.CallAsync(
            session, () => $"maintain {request}", store => store.MaintainAsync(request, Token), ModelStores.Render);
        expected?.Compare(answer!);
        Reach(answer!);
    }

    private async Task CommitAsync(ModelSession session, IReadOnlyList<StoreOperation> operations)
    {
        if (operations.Count > 0)
        {
            var batch = new CommitBatch(session.Id, operations);
            _batches.Add(batch);
            await SubmitAsync(session, batch);
        }
    }

    private async Task SubmitAsync(ModelSession session, CommitBatch batch)
    {
        var answer = await _stores.CallAsync(
            session,
            () => $"commit {string.Join("; ", batch.Operations)}",
            store => store.CommitAsync(batch, Token),
            answer => ModelStores.Render(answer, batch, _started));
        if (answer is null)
        {
            _reached.Add("refused");
            return;
        }

        for (var i = 0; i < batch.Operations.Count; i++)
        {
            _started.Add(batch.Operations[i].Id);
            Reach(batch.Operations[i], answer.Answers[i]);
            _scan?.Note(batch.Operations[i], answer.Answers[i]);
            _sessions.Find(one => one.Id == batch.Session)?.Learn(batch.Operations[i], answer.Answers[i]);
        }
    }

    private void Reach(StoreOperation operation, OperationAnswer answer)
    {
        var settlement = (operation as AdvanceOperation)?.Settlement?.GetType().Name;
        _reached.Add($"{operation.GetType().Name} {settlement} {answer.Kind} {answer.State}");
        _reached.Add($"{operation.GetType().Name} {answer.Kind}");
        _reached.Add($"{settlement} {answer.Kind}");
        if (answer.Owned)
        {
            _reached.Add("direct start");
        }
    }

    private void Reach(ClaimAnswer answer)
    {
        _reached.Add($"claim lost {answer.SessionLost}");
        _reached.Add($"claim more {answer.More}");
        foreach (var claimed in answer.Executions)
        {
            _reached.Add($"claimed suspect {claimed.Row.BarrenCrashes >= 2}");
            _reached.Add($"claimed {claimed.Row.Requests}");
        }
    }

    private void Reach(MaintenanceAnswer answer)
    {
        _reached.Add($"maintained more {answer.More}");
        _reached.Add($"released {answer.Released.Count > 0}");
        _reached.Add($"quarantined {answer.Quarantined.Count > 0}");
        _reached.Add($"timed out {answer.TimedOut.Count > 0}");
        _reached.Add($"unblocked {answer.Unblocked.Count > 0}");
    }
}
