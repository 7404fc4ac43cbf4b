using System.Collections.Concurrent;
using System.Globalization;
using Hydra.PostgreSql;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Connections that are lost where it hurts most, and what is made of it.</summary>
public sealed class PostgreSqlConnectionTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Cuts = 300;

    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly CuttingProxy _proxy = new(PostgreSqlServer.ConnectionString);
    private readonly List<IAsyncDisposable> _opened = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _proxy.Start();
        await Open(PostgreSqlServer.ConnectionString).MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var opened in Enumerable.Reverse(_opened))
        {
            await opened.DisposeAsync();
        }

        await _proxy.DisposeAsync();
        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
    }

    /// <summary>Half of them have taken effect, and half have never arrived: nobody but the server can tell.</summary>
    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_in_doubt_and_the_same_batch_again_finds_out()
    {
        var store = Open(_proxy.ConnectionString);
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
        Assert.Equal(1L + (Cuts / 2), await PostgreSqlServer.AskAsync($"SELECT count(*) FROM {_schema}.executions"));

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
        var store = Open(_proxy.ConnectionString);
        await store.VerifyAsync(Token);
        _proxy.OnExecute = static statement => statement == PostgreSqlSql.ReadNow ? Fate.Cut : Fate.Pass;

        var lost = await Assert.ThrowsAsync<StoreException>(
            () => store.CommitAsync(new CommitBatch(SessionId.None, [Make.Cancel(NewStart("a").Id)]), Token));

        Assert.Equal(StoreErrorKind.RolledBack, lost.Kind);
    }

    /// <summary>The connection is there and nothing comes: only the client's own patience ends that.</summary>
    [Fact]
    public async Task A_commit_that_is_never_answered_is_in_doubt()
    {
        var store = Open(
            _proxy.ConnectionString + ";Cancellation Timeout=500",
            options => options with
            {
                CommandTimeout = TimeSpan.FromSeconds(1),
                LockTimeout = TimeSpan.FromSeconds(1),
            });
        _proxy.OnComplete = static tag => tag == "COMMIT" ? Fate.Swallow : Fate.Pass;

        var lost = await Assert.ThrowsAsync<StoreException>(
            () => store.CommitAsync(new CommitBatch(SessionId.None, [NewStart("a")]), Token));

        Assert.Equal(StoreErrorKind.InDoubt, lost.Kind);
        _proxy.OnComplete = static _ => Fate.Pass;
        var again = await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart("b")]), Token);
        Assert.Equal(AnswerKind.Started, again.Answers[0].Kind);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_undone()
    {
        var store = Open(PostgreSqlServer.ConnectionString, options => options with
        {
            CommandTimeout = TimeSpan.FromSeconds(1),
            LockTimeout = TimeSpan.FromSeconds(1),
        });
        var start = NewStart("a");
        await store.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);
        await using var connection = await PostgreSqlServer.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand(
            $"LOCK TABLE {_schema}.executions IN ACCESS EXCLUSIVE MODE", connection, transaction);
        await hold.ExecuteNonQueryAsync(Token);

        var refused = await Assert.ThrowsAsync<StoreException>(
            () => store.CommitAsync(new CommitBatch(SessionId.None, [Make.Cancel(start.Id)]), Token));

        Assert.Equal(StoreErrorKind.RolledBack, refused.Kind);
    }

    [Fact]
    public async Task Bodies_run_once_while_every_third_commit_goes_unanswered()
    {
        var (commits, cuts) = (0, 0);
        _proxy.OnComplete = tag =>
            tag == "COMMIT" && Interlocked.Increment(ref commits) % 3 == 0 && Interlocked.Increment(ref cuts) <= Cuts
                ? Fate.Cut
                : Fate.Pass;

        await RunWorkflowsAsync(_proxy.ConnectionString, () => Volatile.Read(ref cuts) >= Cuts);

        output.WriteLine($"{commits} commits, {Math.Min(cuts, Cuts)} without an answer.");
    }

    [Fact]
    public async Task Bodies_run_once_while_one_statement_in_ten_is_reset()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (statements, resets) = (0, 0);
        _proxy.OnExecute = _ =>
        {
            lock (random)
            {
                statements++;
                var cut = random.Next(10) == 0;
                resets += cut ? 1 : 0;
                return cut ? Fate.Cut : Fate.Pass;
            }
        };

        await RunWorkflowsAsync(_proxy.ConnectionString, () => resets >= Cuts);

        output.WriteLine($"{statements} statements, {resets} resets.");
    }

    [Fact]
    public async Task Bodies_run_once_while_all_connections_are_terminated_again_and_again()
    {
        var terminated = 0L;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var terminating = TerminateAsync();

        await RunWorkflowsAsync(
            $"{PostgreSqlServer.ConnectionString};Application Name={_schema}",
            () => Interlocked.Read(ref terminated) >= Cuts / 3);

        await over.CancelAsync();
        await terminating;
        output.WriteLine($"{terminated} connections were terminated.");

        async Task TerminateAsync()
        {
            await using var connection = await PostgreSqlServer.ConnectAsync();
            while (!over.IsCancellationRequested)
            {
                await using var terminate = new NpgsqlCommand(
                    $"""
                    SELECT count(pg_terminate_backend(pid)), pg_sleep(0.1)
                    FROM pg_stat_activity
                    WHERE application_name = '{_schema}'
                    """,
                    connection);
                Interlocked.Add(ref terminated, (long)(await terminate.ExecuteScalarAsync(Token))!);
            }
        }
    }

    [Fact]
    public void Connections_are_watched_unless_the_user_says_otherwise()
    {
        var own = new NpgsqlConnectionStringBuilder(ConnectionStrings.Alone("Host=h"));
        var given = new NpgsqlConnectionStringBuilder(ConnectionStrings.Working(
            "Host=h;TCP Keepalive=false;Timeout=1", new PostgreSqlStoreOptions()));

        Assert.Equal((true, 5, 2, 5), (own.TcpKeepAlive, own.TcpKeepAliveTime, own.TcpKeepAliveInterval, own.Timeout));
        Assert.Equal((false, 1), (given.TcpKeepAlive, given.Timeout));
    }

    [Theory]
    [InlineData("Host=h", 16, 8, 0)]
    [InlineData("Host=h;Maximum Pool Size=100;Minimum Pool Size=40", 66, 34, 34)]
    [InlineData("Host=h;Maximum Pool Size=2", 1, 1, 0)]
    [InlineData("Host=h;Maximum Pool Size=1", 1, 1, 0)]
    public void The_engine_and_its_callers_share_the_connections(string given, int working, int reading, int kept)
    {
        var engine = new NpgsqlConnectionStringBuilder(
            ConnectionStrings.Working(given, new PostgreSqlStoreOptions()));
        var callers = new NpgsqlConnectionStringBuilder(
            ConnectionStrings.Reading(given, new PostgreSqlStoreOptions()));

        Assert.Equal((working, reading, kept), (engine.MaxPoolSize, callers.MaxPoolSize, callers.MinPoolSize));
    }

    /// <summary>Were they in one pool, each would have to plan the statements of the engine.</summary>
    [Fact]
    public async Task Many_readers_open_no_connection_for_the_engine()
    {
        const string Name = "many-readers";
        var store = Open(new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            ApplicationName = Name,
            MaxPoolSize = 9,
        }.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => store.Queries.NowAsync(Token)));
        await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart("one")]), Token);

        var open = (long)(await PostgreSqlServer.AskAsync(
            $"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{Name}'"))!;
        Assert.InRange(open, 2, 5);
    }

    private static StartOperation NewStart(string key) => Make.Start(
        ExecutionId.Create(
            1_800_000_000_000, (ulong)Random.Shared.NextInt64(), ExecutionId.ShardOf("tests", key)),
        key);

    /// <summary>Loses the next commit: its answer, once it has taken effect, or itself, before it arrives.</summary>
    private void CutOnce(bool answer)
    {
        var cut = 0;
        Fate Judge(string text) =>
            text == "COMMIT" && Interlocked.Exchange(ref cut, 1) == 0 ? Fate.Cut : Fate.Pass;
        _proxy.OnComplete = answer ? Judge : static _ => Fate.Pass;
        _proxy.OnExecute = answer ? static _ => Fate.Pass : Judge;
    }

    private static async Task<Worker> JoinAsync(PostgreSqlWorkflowStore store)
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
                    hydra.UsePostgreSql(connectionString, options => options with { Schema = _schema });
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
        Assert.Equal((long)started, await PostgreSqlServer.AskAsync(
            $"SELECT count(*) FROM {_schema}.executions WHERE state = 6 AND crashes = 0"));
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

    private PostgreSqlWorkflowStore Open(
        string connectionString, Func<PostgreSqlStoreOptions, PostgreSqlStoreOptions>? change = null)
    {
        var options = new PostgreSqlStoreOptions { Schema = _schema, Listen = false };
        var store = new PostgreSqlWorkflowStore(connectionString, change?.Invoke(options) ?? options, "tests");
        _opened.Add(store);
        return store;
    }
}
