using Microsoft.Extensions.Time.Testing;

namespace Hydra.Testing;

/// <summary>What every test of the suite has at hand: a fresh store, its clock, workers, ids and short reads.</summary>
internal abstract class StoreTest(StoreHarness harness) : IAsyncDisposable
{
    protected static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    protected static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    protected static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private int _ids;
    private int _sessions;

    protected static CancellationToken Token => CaseContext.Token;

    protected StoreHarness Harness => harness;

    protected FakeTimeProvider Clock => harness.Clock;

    /// <summary>The database's clock.</summary>
    protected Instant Now => Instant.From(Clock.GetUtcNow());

    /// <summary>A store on a fresh database, in the namespace "tests".</summary>
    protected IWorkflowStore Store { get; private set; } = null!;

    protected IWorkflowQueries Queries => Store.Queries;

    public async Task InitializeAsync() => Store = await harness.OpenAsync(cancellationToken: Token);

    public async ValueTask DisposeAsync()
    {
        await harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The next id. Ids rise; the shard follows from the key, or is any where there is none.</summary>
    protected ExecutionId NewId(string? key = null, string @namespace = "tests")
    {
        var number = Interlocked.Increment(ref _ids);
        var shard = key is null ? (byte)number : ExecutionId.ShardOf(@namespace, key);
        return ExecutionId.Create(Clock.GetUtcNow().ToUnixTimeMilliseconds(), (ulong)number << 32, shard);
    }

    protected StartOperation NewStart(string? key = null, string input = "1") => Make.Start(NewId(key), key, input);

    /// <summary>A session's row as a worker would register it.</summary>
    protected SessionRow NewSession(string worker = "worker", string build = "build-1") => new()
    {
        Id = new SessionId(1000 + Interlocked.Increment(ref _sessions)),
        Worker = worker,
        Build = build,
        Host = "host:1",
        Workflows = [Make.Workflow],
        Concurrency = 20,
        HeartbeatInterval = Worker.Interval,
        ClaimTimeout = Worker.ClaimTimeout,
    };

    /// <summary>A worker with a session of its own, just opened.</summary>
    protected async Task<Worker> JoinAsync(
        string worker = "worker", string build = "build-1", IWorkflowStore? store = null)
    {
        var joined = new Worker(store ?? Store, NewSession(worker, build));
        await joined.Store.OpenSessionAsync(joined.Row, Token);
        return joined;
    }

    /// <summary>A worker that has been on time for long enough to judge others.</summary>
    protected async Task<Worker> JoinSweeperAsync(string build = "build-1", IWorkflowStore? store = null)
    {
        var sweeper = await JoinAsync("sweeper", build, store);
        await PassAsync(Worker.Interval * 2, sweeper);
        return sweeper;
    }

    /// <summary>Lets time pass while some workers beat in their interval; everyone else is silent.</summary>
    protected async Task PassAsync(TimeSpan time, params Worker[] beating)
    {
        for (var left = time; left > TimeSpan.Zero; left -= Worker.Interval)
        {
            Clock.Advance(left < Worker.Interval ? left : Worker.Interval);
            foreach (var worker in beating)
            {
                await worker.BeatAsync();
            }
        }
    }

    /// <summary>Starts an execution, from outside any worker.</summary>
    protected async Task<ExecutionId> StartAsync(Func<StartOperation, StartOperation>? change = null)
    {
        var start = NewStart();
        start = change?.Invoke(start) ?? start;
        var answer = await CommitAsync(start.Key is null ? start : start with { Id = NewId(start.Key) });
        Assert.Equal(AnswerKind.Started, answer.Kind);
        return answer.Id;
    }

    /// <summary>Starts an execution and has a worker claim it.</summary>
    protected async Task<ExecutionRow> StartClaimedAsync(
        Worker worker, Func<StartOperation, StartOperation>? change = null)
    {
        var id = await StartAsync(change);
        var claimed = await worker.ClaimAsync();
        return Assert.Single(claimed.Executions, execution => execution.Row.Id == id).Row;
    }

    /// <summary>Has a fresh session claim everything and die, and the sweeper notice it.</summary>
    protected async Task<MaintenanceAnswer> CrashAsync(
        Worker sweeper,
        Func<Worker, ExecutionRow, Task>? work = null,
        Func<MaintenanceRequest, MaintenanceRequest>? change = null,
        Func<ClaimRequest, ClaimRequest>? claim = null)
    {
        await PassAsync(Minute, sweeper);
        var victim = await JoinAsync("victim");
        foreach (var execution in (await victim.ClaimAsync(claim)).Executions)
        {
            await (work?.Invoke(victim, execution.Row) ?? Task.CompletedTask);
        }

        await PassAsync(Worker.ClaimTimeout, sweeper);
        return await sweeper.MaintainAsync(change);
    }

    protected Task<OperationAnswer> CancelAsync(ExecutionId id) => CommitAsync(Make.Cancel(id));

    /// <summary>Commits one operation of a process without a worker.</summary>
    protected async Task<OperationAnswer> CommitAsync(StoreOperation operation) =>
        Assert.Single(await CommitAsync([operation]));

    /// <summary>Commits operations of a process without a worker.</summary>
    protected async Task<IReadOnlyList<OperationAnswer>> CommitAsync(params StoreOperation[] operations)
    {
        var answer = await Store.CommitAsync(new CommitBatch(SessionId.None, operations), Token);
        Assert.Equal(operations.Length, answer.Answers.Count);
        return answer.Answers;
    }

    /// <summary>The execution's row, without the due time where that has no meaning.</summary>
    protected async Task<ExecutionRow> RowAsync(ExecutionId id)
    {
        var row = await Queries.FindAsync(id, Token);
        Assert.NotNull(row);
        return Make.Comparable(row);
    }

    protected async Task<IReadOnlyList<JournalEntry>> JournalAsync(ExecutionId id) =>
        await Queries.ReadJournalAsync(id, afterSeq: -1, limit: 10_000, Token);

    /// <summary>Everything that is kept of an execution, to compare before and after.</summary>
    protected Task<string> DumpAsync(ExecutionId id) => Dump.ExecutionAsync(Queries, id, Token);

    /// <summary>Ends the case unless it applies to what the store declares.</summary>
    protected static void SkipUnless(bool applies, string reason)
    {
        if (!applies)
        {
            throw new CaseSkippedException(reason);
        }
    }

    /// <summary>The call fails, nothing has happened and nothing ever will.</summary>
    protected static async Task<StoreException> AssertDeterministicAsync(Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<StoreException>(call);
        Assert.Equal(StoreErrorKind.Deterministic, exception.Kind);
        return exception;
    }
}
