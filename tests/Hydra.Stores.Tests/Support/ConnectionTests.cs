using System.Collections.Concurrent;
using System.Globalization;
using Hydra.Storage;
using Hydra.Tests.Servers;

namespace Hydra.Stores.Tests;

/// <summary>Connections to a server that are lost where it hurts most, and what is made of it.</summary>
public abstract class ConnectionTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly int Cuts = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1" ? 300 : 60;

    private readonly List<IAsyncDisposable> _opened = [];
    private CuttingProxy? _proxy;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The server without the proxy, for the stores of this test alone.</summary>
    private protected abstract string Direct { get; }

    private CuttingProxy Proxy => _proxy!;

    public async ValueTask InitializeAsync()
    {
        await CreateAsync();
        _proxy = CreateProxy(Direct);
        _proxy.Start();
        await Open(Direct).MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var opened in Enumerable.Reverse(_opened))
        {
            await opened.DisposeAsync();
        }

        await Proxy.DisposeAsync();
        await DropAsync();
    }

    /// <summary>Half of them have taken effect, and half have never arrived: nobody but the server can tell.</summary>
    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_in_doubt_and_the_same_batch_again_finds_out()
    {
        var store = Open(Proxy.ConnectionString);
        var worker = await JoinAsync(store);
        await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart("long")]), Token);
        var row = await worker.ClaimOneAsync();
        for (var i = 0; i < Cuts; i += 2)
        {
            CutOnce(answer: i % 4 == 0);
            var start = NewStart($"order-{i}");
            Assert.Equal(AnswerKind.Started, await SubmitAsync(SessionId.None, start));
            CutOnce(answer: i % 4 == 0);
            Assert.Equal(
                AnswerKind.Applied,
                await SubmitAsync(worker.Session, Make.Advance(row, Make.Step(row, 1 + (i / 2)))));
        }

        var journal = await store.Queries.ReadJournalAsync(row.Id, -1, 1_000, Token);
        Assert.Equal(Enumerable.Range(0, 1 + (Cuts / 2)).Select(seq => (long)seq), journal.Select(entry => entry.Seq));
        Assert.Equal(1 + (Cuts / 2), (await ListAsync(store)).Count);

        async Task<AnswerKind> SubmitAsync(SessionId session, StoreOperation operation)
        {
            var batch = new CommitBatch(session, [operation]);
            var lost = await Assert.ThrowsAsync<StoreException>(() => store.CommitAsync(batch, Token));
            Assert.Equal(StoreErrorKind.InDoubt, lost.Kind);
            return (await store.CommitAsync(batch, Token)).Answers[0].Kind;
        }
    }

    [Fact]
    public async Task A_batch_that_is_lost_before_its_commit_is_undone()
    {
        var store = Open(Proxy.ConnectionString);
        await store.VerifyAsync(Token);
        Proxy.OnExecute = text => ReadsTime(text) && !Proxy.Commits(text) ? Fate.Cut : Fate.Pass;

        var lost = await Assert.ThrowsAsync<StoreException>(
            () => store.CommitAsync(new CommitBatch(SessionId.None, [Make.Cancel(NewStart("a").Id)]), Token));

        Assert.Equal(StoreErrorKind.RolledBack, lost.Kind);
    }

    /// <summary>The connection is there and nothing comes: only the client's own patience ends that.</summary>
    [Fact]
    public async Task A_commit_that_is_never_answered_is_in_doubt()
    {
        var store = Open(Proxy.ConnectionString, TimeSpan.FromSeconds(1));
        Proxy.OnComplete = text => Proxy.Commits(text) ? Fate.Swallow : Fate.Pass;

        var lost = await Assert.ThrowsAsync<StoreException>(
            () => store.CommitAsync(new CommitBatch(SessionId.None, [NewStart("a")]), Token));

        Assert.Equal(StoreErrorKind.InDoubt, lost.Kind);
        Proxy.OnComplete = static _ => Fate.Pass;
        var again = await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart("b")]), Token);
        Assert.Equal(AnswerKind.Started, again.Answers[0].Kind);
    }

    [Fact]
    public async Task A_caller_who_gives_up_waits_for_no_answer()
    {
        var store = Open(Proxy.ConnectionString, timeout: TimeSpan.FromMinutes(5));
        await store.Queries.NowAsync(Token);
        var swallowed = new TaskCompletionSource();
        using var given = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Proxy.OnComplete = _ =>
        {
            swallowed.TrySetResult();
            return Fate.Swallow;
        };

        var read = store.Queries.NowAsync(given.Token);
        await swallowed.Task.WaitAsync(Token);
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TimeSpan.FromMinutes(1), Token));
    }

    [Fact]
    public async Task Opening_a_store_on_a_server_that_has_stopped_ends()
    {
        var store = Open(Proxy.ConnectionString, TimeSpan.FromSeconds(1));
        Proxy.OnExecute = static text =>
            text.Contains("schema_versions", StringComparison.Ordinal) ? Fate.Swallow : Fate.Pass;

        var lost = await Assert.ThrowsAsync<StoreException>(
            () => store.VerifyAsync(Token).WaitAsync(TimeSpan.FromSeconds(30), Token));

        Assert.NotEqual(StoreErrorKind.Deterministic, lost.Kind);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_undone()
    {
        var store = Open(Direct, TimeSpan.FromSeconds(1));
        var start = NewStart("a");
        await store.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);
        await using var locked = await LockExecutionsAsync();

        var refused = await Assert.ThrowsAsync<StoreException>(
            () => store.CommitAsync(new CommitBatch(SessionId.None, [Make.Cancel(start.Id)]), Token));

        Assert.Equal(StoreErrorKind.RolledBack, refused.Kind);
    }

    [Fact]
    public async Task Bodies_run_once_while_every_third_commit_goes_unanswered()
    {
        var (commits, cuts) = (0, 0);
        Proxy.OnComplete = text =>
            Proxy.Commits(text) && Interlocked.Increment(ref commits) % 3 == 0
            && Interlocked.Increment(ref cuts) <= Cuts
                ? Fate.Cut
                : Fate.Pass;

        await RunWorkflowsAsync(Proxy.ConnectionString, () => Volatile.Read(ref cuts) >= Cuts);

        output.WriteLine($"{commits} commits, {Math.Min(cuts, Cuts)} without an answer.");
    }

    [Fact]
    public async Task Bodies_run_once_while_one_statement_in_ten_is_reset()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (statements, resets) = (0, 0);
        Proxy.OnExecute = _ =>
        {
            lock (random)
            {
                statements++;
                var cut = random.Next(10) == 0;
                resets += cut ? 1 : 0;
                return cut ? Fate.Cut : Fate.Pass;
            }
        };

        await RunWorkflowsAsync(Proxy.ConnectionString, () => resets >= Cuts);

        output.WriteLine($"{statements} statements, {resets} resets.");
    }

    [Fact]
    public async Task Bodies_run_once_while_all_connections_are_terminated_again_and_again()
    {
        var terminated = 0L;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var terminating = TerminateAsync();

        await RunWorkflowsAsync(Direct, () => Interlocked.Read(ref terminated) >= Cuts / 3);

        await over.CancelAsync();
        await terminating;
        output.WriteLine($"{terminated} connections were terminated.");

        async Task TerminateAsync()
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (!over.IsCancellationRequested)
            {
                Interlocked.Add(ref terminated, await TerminateConnectionsAsync());
                await pace.WaitForNextTickAsync(Token);
            }
        }
    }

    /// <summary>As after a restart of the server: the pool is full of connections that are over.</summary>
    [Fact]
    public async Task Reads_over_connections_that_have_ended_are_answered()
    {
        var store = Open(Direct);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.Queries.NowAsync(Token)));

        var terminated = await TerminateConnectionsAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.Queries.NowAsync(Token)));
        var missing = await store.Queries.FindAsync(NewStart("missing").Id, Token);

        Assert.True(terminated > 1, $"{terminated}");
        Assert.Null(missing);
    }

    [Fact]
    public async Task Reads_that_find_no_free_connection_open_none_beside_the_pool()
    {
        const int Reads = 20;
        var store = Open(WithSmallPool(Direct));
        await TerminateConnectionsAsync();
        List<Task<StoreErrorKind?>> reads;
        long open;
        await using (await LockExecutionsAsync())
        {
            reads = [.. Enumerable.Range(0, Reads).Select(_ => ReadAsync())];
            while (reads.Count(static read => read.IsCompleted) < Reads - 1) // One has the only connection.
            {
                await Task.WhenAny(reads.Where(static read => !read.IsCompleted));
            }

            open = await TerminateConnectionsAsync();
        }

        Assert.Equal(1, open);
        Assert.Equal(Reads - 1, (await Task.WhenAll(reads)).Count(static kind => kind == StoreErrorKind.NotSent));

        async Task<StoreErrorKind?> ReadAsync()
        {
            try
            {
                await store.Queries.FindAsync(NewStart("missing").Id, Token);
                return null;
            }
            catch (StoreException exception)
            {
                return exception.Kind;
            }
        }
    }

    /// <summary>Makes what the stores of this test have for themselves.</summary>
    private protected abstract Task CreateAsync();

    private protected abstract Task DropAsync();

    private protected abstract CuttingProxy CreateProxy(string connectionString);

    private protected abstract IWorkflowStore CreateStore(string connectionString, TimeSpan? timeout);

    private protected abstract void Use(HydraBuilder hydra, string connectionString);

    /// <summary>Whether what a client executes is what a batch of more than one round trip begins with.</summary>
    private protected abstract bool ReadsTime(string text);

    /// <summary>Lets the store have three connections at most, and wait for one for a second.</summary>
    private protected abstract string WithSmallPool(string connectionString);

    /// <summary>Locks everybody out of the table of executions until it is disposed of.</summary>
    private protected abstract Task<IAsyncDisposable> LockExecutionsAsync();

    /// <summary>How many executions have completed without a crash.</summary>
    private protected abstract Task<long> CountCompletedAsync();

    /// <summary>Ends the connections of the stores of this test.</summary>
    /// <returns>How many there were.</returns>
    private protected abstract Task<long> TerminateConnectionsAsync();

    private protected static StartOperation NewStart(string key) => Make.Start(
        ExecutionId.Create(
            1_800_000_000_000, (ulong)Random.Shared.NextInt64(), ExecutionId.ShardOf("tests", key)),
        key);

    /// <summary>Loses the next commit: its answer, once it has taken effect, or itself, before it arrives.</summary>
    private void CutOnce(bool answer)
    {
        var cut = 0;
        Fate Judge(string text) =>
            Proxy.Commits(text) && Interlocked.Exchange(ref cut, 1) == 0 ? Fate.Cut : Fate.Pass;
        Proxy.OnComplete = answer ? Judge : static _ => Fate.Pass;
        Proxy.OnExecute = answer ? static _ => Fate.Pass : Judge;
    }

    private static async Task<Worker> JoinAsync(IWorkflowStore store)
    {
        var worker = new Worker(store, new SessionRow
        {
            Id = new SessionId(7),
            Worker = "worker",
            Build = "build",
            Workflows = [Make.Workflow],
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = TimeSpan.FromHours(1),
        });
        await store.OpenSessionAsync(worker.Row, Token);
        return worker;
    }

    private static Task<IReadOnlyList<ExecutionRow>> ListAsync(IWorkflowStore store) =>
        store.Queries.ListAsync(new ExecutionFilter { Limit = 1_000 }, Token);

    /// <summary>
    /// Has two workers run workflows, whatever happens, until it has happened often enough: all end as they should, and
    /// no body has run twice.
    /// </summary>
    private async Task RunWorkflowsAsync(string connectionString, Func<bool> isEnough)
    {
        var bodies = new ConcurrentDictionary<string, int>();
        var engines = new List<HydraEngine>();
        for (var i = 0; i < 2; i++)
        {
            engines.Add(await HydraEngine.OpenAsync(
                hydra =>
                {
                    Use(hydra, connectionString);
                    hydra.AddWorkflow<int, int>("adds", (context, number) => AddAsync(context, number, bodies));
                    hydra.AddWorker(worker => worker with
                    {
                        HeartbeatInterval = TimeSpan.FromMilliseconds(200), // Finds what a claim in doubt has taken.
                        ClaimTimeout = TimeSpan.FromMinutes(1),
                        PollInterval = TimeSpan.FromMilliseconds(500),
                    });
                },
                Token));
            _opened.Add(engines[i]);
        }

        var started = 0;
        do
        {
            var handles = await Task.WhenAll(Enumerable.Range(started, 20).Select(number =>
                engines[number % 2].Client.Workflow<int, int>("adds").StartAsync(
                    number, new() { Key = $"adds-{number}" }, Token)));
            foreach (var (handle, number) in handles.Zip(Enumerable.Range(started, 20)))
            {
                Assert.Equal(number + 5, await handle.ResultAsync(Token));
            }

            started += 20;
        }
        while (!isEnough());

        Assert.Equal(5 * started, bodies.Count);
        Assert.All(bodies, body => Assert.Equal((body.Key, 1), (body.Key, body.Value)));
        Assert.Equal(started, await CountCompletedAsync());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{started} executions, {bodies.Count} bodies."));
    }

    private static async Task<int> AddAsync(
        WorkflowContext context, int number, ConcurrentDictionary<string, int> bodies)
    {
        var sum = number;
        for (var i = 0; i < 5; i++)
        {
            sum = await context.StepAsync("add", sum, (value, _) =>
            {
                bodies.AddOrUpdate($"{number}/{value}", 1, static (_, runs) => runs + 1);
                return Task.FromResult(value + 1);
            });
            if (i == 2)
            {
                await context.SleepAsync(TimeSpan.FromMilliseconds(5));
            }
        }

        return sum;
    }

    private protected IWorkflowStore Open(string connectionString, TimeSpan? timeout = null)
    {
        var store = CreateStore(connectionString, timeout);
        _opened.Add(store);
        return store;
    }
}
