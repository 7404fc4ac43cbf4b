using Microsoft.Extensions.Time.Testing;

namespace Hydra.Testing;

/// <summary>Plays a random sequence: some sessions with their beliefs, the executions so far, and the clock.</summary>
internal sealed class ModelWorld
{
    private const byte Shard = 7; // One for all, so that what became due at the same moment has one order, by id.
    private static readonly string[] Workflows = ["order", "refund", "Order"];
    private static readonly TimeSpan[] Spans =
    [
        TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3),
        TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(3), TimeSpan.FromHours(1),
    ];

    private readonly FakeTimeProvider _clock;
    private readonly ISet<string> _reached;
    private readonly ModelStores _stores;
    private readonly ModelScan? _scan;
    private readonly List<ModelSession> _sessions;
    private readonly List<ExecutionId> _ids = [];
    private readonly HashSet<ExecutionId> _started = [];
    private readonly List<CommitBatch> _batches = [];

    public ModelWorld(ModelSubject subject, bool scans, int sessions)
    {
        _clock = subject.Harness.Clock;
        _reached = subject.Reached;
        _stores = new ModelStores(subject.Stores);
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
        var session = Pick(random, _sessions);
        _clock.Advance(TimeSpan.FromMicroseconds(1)); // So that ages differ.
        switch (command.Action)
        {
            case ModelAction.Start:
            case ModelAction.Advance:
            case ModelAction.Settle:
            case ModelAction.Cancel:
            case ModelAction.Terminate:
            case ModelAction.Retry:
                await CommitAsync(session, [.. Operations(command.Action, random, session)]);
                break;
            case ModelAction.Batch:
                await CommitAsync(session, [.. BatchOperations(random, session)]);
                break;
            case ModelAction.Resubmit when _batches.Count > 0:
                await SubmitAsync(_batches[^random.Next(1, Math.Min(5, _batches.Count) + 1)]);
                break;
            case ModelAction.Claim:
                await ClaimAsync(session, random);
                break;
            case ModelAction.Pass:
                await PassAsync(Pick(random, Spans), _sessions.Where(_ => random.Next(3) > 0).ToList());
                break;
            case ModelAction.Crash:
                await CrashAsync(session, random);
                break;
            case ModelAction.Maintain:
                await MaintainAsync(session, random);
                break;
            case ModelAction.Open:
                session.Renew();
                await OpenAsync(session);
                break;
            case ModelAction.Close:
                await _stores.CallAsync(() => "close", async store => await CloseAsync(store, session), static _ => "");
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

    private static T Pick<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];

    private Task<object?> OpenAsync(ModelSession session) => _stores.CallAsync(
        () => "open", async store => (object)await store.OpenSessionAsync(session.Row, Token), static now => $"{now}");

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
                    () => "beat", store => store.HeartbeatAsync(session.Id, Token), ModelStores.Render);
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
            await MaintainAsync(Pick(random, others), random);
            session.Renew();
            await OpenAsync(session);
        }
    }

    private async Task ClaimAsync(ModelSession session, Random random)
    {
        var cached = random.Next(4) == 0 ? 0 : -1;
        var request = new ClaimRequest
        {
            Session = session.Id,
            Workflows = [.. Workflows.Where(_ => random.Next(5) > 0)],
            Limit = random.Next(5) == 0 ? 20 : random.Next(4),
            OldestFirst = random.Next(3) == 0 ? random.Next(3) : 0,
            AcceptSuspect = random.Next(3) > 0,
            CachedThrough = _ => cached,
        };
        var expected = _scan is null ? null : await _scan.ExpectAsync(request, Now);
        var answer = await _stores.CallAsync(
            () => $"claim {request}", store => store.ClaimAsync(request, Token), ModelStores.Render);
        expected?.Compare(answer!);
        Reach(answer!);
        if (answer!.SessionLost && random.Next(2) == 0)
        {
            session.Renew();
            await OpenAsync(session);
        }

        foreach (var claimed in answer.Executions)
        {
            var last = claimed.Entries.Count > 0 ? claimed.Entries[^1].Seq : cached;
            session.Believe(new ModelBelief(claimed.Row, last));
        }
    }

    private async Task MaintainAsync(ModelSession session, Random random)
    {
        var request = new MaintenanceRequest
        {
            Session = session.Id,
            Build = $"build-{random.Next(3)}",
            QuarantineAfter = 1,
            DeadlineGrace = TimeSpan.FromSeconds(30),
            TimeoutFailure = Make.Failure,
            // With a small limit stores may choose differently what comes first, so only one of them plays it.
            Limit = _scan is not null && random.Next(4) == 0 ? random.Next(1, 4) : 500,
        };
        var expected = _scan is null ? null : await _scan.ExpectAsync(request, Now);
        var answer = await _stores.CallAsync(
            () => $"maintain {request}", store => store.MaintainAsync(request, Token), ModelStores.Render);
        expected?.Compare(answer!);
        Reach(answer!);
    }

    private async Task CommitAsync(ModelSession session, IReadOnlyList<StoreOperation> operations)
    {
        if (operations.Count > 0)
        {
            var batch = new CommitBatch(session.Id, operations);
            _batches.Add(batch);
            await SubmitAsync(batch);
        }
    }

    private async Task SubmitAsync(CommitBatch batch)
    {
        var answer = await _stores.CallAsync(
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
            _sessions.Find(session => session.Id == batch.Session)?.Learn(batch.Operations[i], answer.Answers[i]);
        }
    }

    private IEnumerable<StoreOperation> BatchOperations(Random random, ModelSession session)
    {
        ModelAction[] actions =
        [
            ModelAction.Start, ModelAction.Advance, ModelAction.Settle, ModelAction.Cancel, ModelAction.Retry,
        ];
        var touched = new HashSet<ExecutionId>();
        for (var i = random.Next(2, 6); i > 0; i--)
        {
            // Of each execution once: an advance goes on from where the last answer left it.
            foreach (var operation in Operations(Pick(random, actions), random, session))
            {
                if (touched.Add(operation.Id))
                {
                    yield return operation;
                }
            }
        }
    }

    private IEnumerable<StoreOperation> Operations(ModelAction action, Random random, ModelSession session)
    {
        if (action == ModelAction.Start)
        {
            yield return Start(random, session);
        }
        else if (action == ModelAction.Cancel && _ids.Count > 0)
        {
            yield return Make.Cancel(Pick(random, _ids));
        }
        else if (action == ModelAction.Terminate && _ids.Count > 0)
        {
            yield return Make.Terminate(Pick(random, _ids), $"reason {random.Next(2)}");
        }
        else if (action == ModelAction.Retry && _ids.Count > 0)
        {
            yield return Make.RetryNow(Pick(random, _ids), random.Next(1, 1_000));
        }
        else if (action is ModelAction.Advance or ModelAction.Settle && session.Beliefs.Count > 0)
        {
            var belief = session.Beliefs[^random.Next(1, Math.Min(3, session.Beliefs.Count) + 1)];
            yield return ModelOperations.Advance(random, belief, settles: action == ModelAction.Settle, Now);
        }
    }

    private StartOperation Start(Random random, ModelSession session)
    {
        var milliseconds = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var id = ExecutionId.Create(milliseconds, (ulong)(_ids.Count + 1) << 32, Shard);
        _ids.Add(id);
        var start = Make.Start(id, random.Next(3) == 0 ? $"key-{random.Next(4)}" : null, $"{random.Next(3) / 2}");
        return start with
        {
            Workflow = Workflows[random.Next(5) % Workflows.Length],
            Priority = (ExecutionPriority)random.Next(4),
            Delay = random.Next(4) == 0 ? Pick(random, Spans) : TimeSpan.Zero,
            DueAt = random.Next(10) == 0 ? Instant.Never : null,
            Timeout = random.Next(3) == 0 ? Pick(random, Spans) : null,
            Owner = random.Next(4) == 0 ? session.Id : SessionId.None,
        };
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
