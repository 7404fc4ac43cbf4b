using System.Runtime.CompilerServices;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>
/// Holds every effect of a call against what the seam promises: who may write, what is claimed, who is swept. It looks
/// at the rows before and after, and believes no answer.
/// </summary>
internal sealed class WatchedStore(Scenario scenario, IWorkflowStore inner) : IWorkflowStore
{
    public string Namespace => inner.Namespace;

    public StoreCapabilities Capabilities => inner.Capabilities;

    public IWorkflowQueries Queries => inner.Queries;

    public ITransactionalStore? Transactions => inner.Transactions;

    public IScheduleStore? Schedules => inner.Schedules;

    public IRetentionStore? Retention =>
        inner.Retention is { } retention ? new WatchedRetention(scenario, retention) : null;

    public Task MigrateAsync(CancellationToken cancellationToken = default) => inner.MigrateAsync(cancellationToken);

    public Task VerifyAsync(CancellationToken cancellationToken = default) => inner.VerifyAsync(cancellationToken);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        inner.OpenSessionAsync(session, cancellationToken);

    public async Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken)
    {
        var lives = scenario.Tables.Sessions.ContainsKey(session.Value);
        var answer = await inner.HeartbeatAsync(session, running, cancellationToken);
        Require(
            answer.Lost == !lives && scenario.Tables.Sessions.ContainsKey(session.Value) == lives,
            "S5",
            $"session {session}, which {(lives ? "lives" : "was swept")}, beats and hears that it "
                + $"{(answer.Lost ? "is lost" : "lives")}");
        return answer;
    }

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        inner.CloseSessionAsync(session, cancellationToken);

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        var answer = await inner.ClaimAsync(request, cancellationToken);
        var suspects = answer.Executions.Count(claimed => claimed.Row.BarrenCrashes >= 2);
        Require(
            suspects <= (request.AcceptSuspect ? 1 : 0),
            "B12",
            $"session {request.Session} was given {suspects} suspects");
        Require(
            answer.Executions.Count <= request.Limit,
            "E11",
            $"session {request.Session} was given {answer.Executions.Count} executions for {request.Limit} slots");
        foreach (var claimed in answer.Executions)
        {
            CheckClaimed(request, claimed);
        }

        return answer;
    }

    public async Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        var batch = gather();
        var before = batch.Operations.Select(operation => scenario.Tables.Find(operation.Id)?.Row).ToArray();
        var lengths = batch.Operations
            .Select(operation => scenario.Tables.Find(operation.Id)?.Journal.Count ?? 0).ToArray();
        var answer = await inner.CommitAsync(() => batch, cancellationToken);
        var single = batch.Operations.Select(operation => operation.Id).Distinct().Count() == batch.Operations.Count;
        for (var i = 0; single && i < before.Length; i++)
        {
            if (batch.Operations[i] is AdvanceOperation advance && before[i] is { } row)
            {
                CheckAdvance(batch.Session, advance, row, lengths[i], answer.Now, answer.Answers[i].Kind);
            }
        }

        return answer;
    }

    public async Task<MaintenanceAnswer> MaintainAsync(
        MaintenanceRequest request, CancellationToken cancellationToken)
    {
        var before = scenario.Tables.Sessions.Values.ToArray();
        var answer = await inner.MaintainAsync(request, cancellationToken);
        foreach (var session in before)
        {
            Require(
                scenario.Tables.Sessions.ContainsKey(session.Id.Value) || session.ExpiresAt <= answer.Now,
                "S5",
                $"session {session.Id} was swept, although its lease has not ended");
        }

        return answer;
    }

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => inner.WaitForChangeAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private void CheckClaimed(ClaimRequest request, ClaimedExecution claimed)
    {
        var (id, row) = (claimed.Row.Id, claimed.Row);
        Require(
            request.Workflows.Contains(row.Workflow),
            "A15",
            $"execution {id} was claimed, but {row.Workflow} is unknown");
        Require(row.Owner == request.Session, "S5", $"execution {id} was claimed for {row.Owner}");
    }

    /// <summary>Writes only the owner, under its epoch, and is due again when it said.</summary>
    private void CheckAdvance(
        SessionId session, AdvanceOperation advance, ExecutionRow before, int length, Instant now, AnswerKind answer)
    {
        var stored = scenario.Tables.Get(advance.Id);
        var row = stored.Row;
        if (before.Owner != session || before.Epoch != advance.Epoch || session == SessionId.None)
        {
            Require(
                row == before && stored.Journal.Count == length,
                "S5",
                $"execution {advance.Id} was written by {session} under epoch {advance.Epoch}, "
                    + $"when {before.Owner} owned it under {before.Epoch}");
            var wasApplied = advance.Entries is [.., var last]
                ? last.Seq < length && stored.Journal[(int)last.Seq].Epoch == advance.Epoch
                : before.SettledEpoch == advance.Epoch;
            Require(
                wasApplied || answer == AnswerKind.Fenced,
                "S5",
                $"execution {advance.Id} was not written by {session} under epoch {advance.Epoch}, "
                    + $"which hears that it is {answer}");
            return;
        }

        var due = advance.Settlement switch
        {
            _ when answer != AnswerKind.Applied || row.Owner != SessionId.None => (Instant?)null,
            Settlement.Retry retry when before.Requests == ExecutionRequests.None => now.Plus(retry.Delay),
            Settlement.Suspended suspended => suspended.WakeAt,
            _ => null,
        };
        if (due is { } wanted)
        {
            var deadline = stored.OpenDeadline ?? Instant.Never;
            Require(
                row.DueAt == Instant.Max(now, Instant.Min(wanted, deadline)),
                "S10",
                $"execution {advance.Id} is due {row.DueAt.ToDateTimeOffset():O}, "
                    + $"not {Instant.Min(wanted, deadline).ToDateTimeOffset():O}");
        }
    }

    private void Require(
        bool holds,
        string invariant,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref WantedText otherwise)
    {
        if (!holds)
        {
            scenario.World.Fail($"{invariant}: {otherwise.Take()}.");
        }
    }
}
