using Hydra.Engine.Explaining;
using Hydra.Storage;

namespace Hydra.Tests.Explaining;

/// <summary>What is read of others before it is said what an execution waits for.</summary>
public sealed class FactReaderTests
{
    private static readonly Instant Now = Instant.From(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private static readonly SessionId Live = new(1);
    private static readonly SessionId Dead = new(2);

    [Fact]
    public async Task What_dead_workers_own_takes_no_slot_of_those_that_live()
    {
        // A page and more of what the dead have left behind comes before what the live worker has.
        ExecutionRow[] running =
            [.. Enumerable.Range(2, 1_500).Select(number => Running(number, Dead)), Running(1, Live)];
        var due = Running(9_999, SessionId.None) with { State = ExecutionState.Pending };

        var facts = await new FactReader(new Queries(due, running), "tests").ReadAsync(
            due.Id, TestContext.Current.CancellationToken);

        Assert.Equal(WhyReason.NoFreeSlot, Explainer.Explain(facts!).Reason);
    }

    private static ExecutionRow Running(int number, SessionId owner) => new()
    {
        Id = ExecutionId.Create(number, 1, 0),
        Workflow = "test",
        State = ExecutionState.Running,
        Owner = owner,
        MaxAttempts = 3,
        Epoch = 1,
        CreatedAt = Now,
        DueAt = Now,
    };

    private sealed class Queries(ExecutionRow due, IReadOnlyList<ExecutionRow> running) : IWorkflowQueries
    {
        public Task<Instant> NowAsync(CancellationToken cancellationToken) => Task.FromResult(Now);

        public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
            Task.FromResult<ExecutionRow?>(due);

        public Task<IReadOnlyList<ExecutionRow>> ListAsync(
            ExecutionFilter filter, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ExecutionRow>>(
            [
                .. running.OrderByDescending(row => row.Id)
                    .Where(row => filter.Before is not { } before || row.Id.CompareTo(before) < 0)
                    .Take(filter.Limit),
            ]);

        public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<SessionRow>>(
            [
                new SessionRow
                {
                    Id = Live,
                    Worker = "w1",
                    Build = "b1",
                    Workflows = ["test"],
                    Concurrency = 1,
                    HeartbeatInterval = TimeSpan.FromSeconds(3),
                    ClaimTimeout = TimeSpan.FromSeconds(15),
                    ExpiresAt = Now.Plus(TimeSpan.FromSeconds(10)),
                },
            ]);

        public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
            ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<JournalEntry>>([]);

        public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<RefusalRow>>([]);

        public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
            IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
            ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
