using System.Net;
using Hydra.MySql;
using Hydra.Storage;
using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>A server that is set to what no other test could live with.</summary>
public sealed class MySqlServerSettingsTests(PrivateMySql server) : IClassFixture<PrivateMySql>, IAsyncLifetime
{
    private const string Usual = "SET GLOBAL max_allowed_packet = 16777216, GLOBAL read_only = 0";

    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    /// <summary>Areas of the suite that read many rows, and write in every way.</summary>
    public static IEnumerable<TheoryDataRow<string>> Cases => CaseRows.Of(
        StoreConformance.Cases.Where(static one => one.Area is "Claim" or "Settle" or "Advance"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await SetAsync(Usual);

    public async ValueTask DisposeAsync() => await SetAsync(Usual);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_store_conforms_whatever_sessions_begin_with(string name)
    {
        await SetAsync(HostileMySqlHarness.Settings);
        try
        {
            await CaseRows.RunAsync(
                StoreConformance.Named(name), new HostileMySqlHarness(server.ConnectionString));
        }
        finally
        {
            await SetAsync(HostileMySqlHarness.UsualSettings);
        }
    }

    [Fact]
    public async Task An_engine_does_not_open_where_its_largest_payload_does_not_fit()
    {
        await SetAsync("SET GLOBAL max_allowed_packet = 1048576");

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => HydraEngine.OpenAsync(Work, Token));
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Work(hydra);
                hydra.Limits = hydra.Limits with { PayloadBytes = 200_000 };
            },
            Token);
        await using var without = await HydraEngine.OpenAsync(Use, Token); // Nothing is lost where nothing runs.

        Assert.Contains("Limits.PayloadBytes (2,097,152)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("1,048,576 bytes at once (max_allowed_packet)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schedule_starts_at_once_no_more_than_a_server_of_small_packets_takes()
    {
        await SetAsync("SET GLOBAL max_allowed_packet = 1048576");

        await HeavySchedule.RunAsync(
            hydra =>
            {
                Use(hydra);
                hydra.Limits = hydra.Limits with { PayloadBytes = 200_000 };
            },
            count: 12,
            length: 190_000);
    }

    [Fact]
    public async Task A_result_that_the_server_no_longer_takes_fails_its_transactional_step()
    {
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Use(hydra);
                hydra.AddWorkflow<int, int>("large", static async (context, length) =>
                    (await context.TransactionAsync(
                        "write", length, static (_, size, _) => Task.FromResult(new string('x', size)))).Length);
                hydra.AddWorker(static worker => worker with { PollInterval = TimeSpan.FromMilliseconds(50) });
            },
            Token);
        await SetAsync("SET GLOBAL max_allowed_packet = 1048576");

        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(async () =>
            await (await engine.Client.Workflow<int, int>("large").StartAsync(
                1_500_000, new() { MaxAttempts = 1 }, Token)).ResultAsync(Token).WaitAsync(
                    TimeSpan.FromSeconds(20), Token));

        Assert.Contains("The result of step 'write' cannot be stored", failed.Message, StringComparison.Ordinal);
        Assert.Contains("max_allowed_packet", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_only_reads_takes_no_answer_from_a_server_that_was_demoted()
    {
        await using var store = new MySqlWorkflowStore(
            server.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");
        await store.MigrateAsync(Token);
        await store.Queries.NowAsync(Token);
        await SetAsync("SET GLOBAL read_only = 1");

        var demoted = await Assert.ThrowsAsync<StoreException>(() => store.Queries.NowAsync(Token));
        await Assert.ThrowsAsync<StoreException>(() => store.Queries.NowAsync(Token)); // Over a new connection, too.
        await SetAsync("SET GLOBAL read_only = 0");

        Assert.Equal(StoreErrorKind.Unavailable, demoted.Kind);
        Assert.Contains("takes no writes", demoted.Message, StringComparison.Ordinal);
        await store.Queries.NowAsync(Token);
    }

    /// <summary>The replica is the first of the list, at another address, where a proxy stands before it.</summary>
    [Fact]
    public async Task Of_a_list_of_hosts_the_one_that_takes_writes_is_used()
    {
        var primary = new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { SslMode = MySqlSslMode.None };
        await using var replica = new MySqlProxy(server.ConnectionString)
        {
            At = new IPEndPoint(IPAddress.Parse("127.0.0.2"), (int)primary.Port),
        };
        replica.Start();
        await SetAsync("SET GLOBAL read_only = 1");
        primary.Server = $"127.0.0.2,{primary.Server}";
        var (start, session) = (Make.Start(ExecutionId.Create(1_800_000_000_000, 1, 1)), new SessionId(7));
        try
        {
            await using var store = new MySqlWorkflowStore(
                primary.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");
            await store.MigrateAsync(Token);
            await store.OpenSessionAsync(
                new SessionRow
                {
                    Id = session,
                    Worker = "worker",
                    Build = "build",
                    HeartbeatInterval = TimeSpan.FromSeconds(3),
                    ClaimTimeout = TimeSpan.FromSeconds(15),
                },
                Token);
            await store.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);

            Assert.NotNull(await store.Queries.FindAsync(start.Id, Token));
            Assert.False((await store.HeartbeatAsync(session, [], Token)).Lost);
        }
        finally
        {
            await MySqlTables.DropAsync(_prefix);
        }
    }

    /// <summary>
    /// In a transaction of that kind what is read would be locked, and waits for who has changed it. What is read
    /// outside of one is not; within one the store says how it is isolated.
    /// </summary>
    [Fact]
    public async Task What_only_reads_waits_for_nobody_where_transactions_are_serializable()
    {
        await SetAsync("SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE");
        try
        {
            await using var store = new MySqlWorkflowStore(
                server.ConnectionString,
                new MySqlStoreOptions { TablePrefix = _prefix, LockTimeout = TimeSpan.FromSeconds(1) },
                "tests");
            await store.MigrateAsync(Token);
            var (worker, row) = await FillAsync(store);
            await using var stranger = await MySqlServer.ConnectAsync(server.ConnectionString);
            await using var transaction = await stranger.BeginTransactionAsync(Token);
            await LockAsync(transaction);

            await ReadAsync(store, worker, row);

            await transaction.RollbackAsync(Token);
        }
        finally
        {
            await SetAsync("SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        }
    }

    private static async Task<(Worker Worker, ExecutionRow Row)> FillAsync(MySqlWorkflowStore store)
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
        var ended = Make.Start(ExecutionId.Create(1, 1, 1));
        await worker.CommitAsync(ended, Make.Start(ExecutionId.Create(2, 1, ExecutionId.ShardOf("tests", "k")), "k"));
        await worker.CommitAsync(Make.Cancel(ended.Id));
        var row = await worker.ClaimOneAsync();
        await worker.CommitAsync(Make.Start(ExecutionId.Create(3, 1, 3)));
        await store.SubjectKeys.AddAsync("subject", "wrapped", Token);
        return (worker, row);
    }

    /// <summary>All but what is asked by writes too: who lives.</summary>
    private async Task LockAsync(MySqlTransaction transaction)
    {
        string[] tables =
        [
            "executions", "outcomes", "start_keys", "journal", "attempts", "refusals", "crashes", "origins",
            "schedules", "subject_keys",
        ];
        foreach (var table in tables)
        {
            await using var hold = new MySqlCommand(
                $"SELECT COUNT(*) FROM {_prefix}{table} FOR UPDATE", transaction.Connection, transaction);
            await hold.ExecuteScalarAsync(Token);
        }
    }

    private static async Task ReadAsync(MySqlWorkflowStore store, Worker worker, ExecutionRow row)
    {
        Assert.NotNull(await store.Queries.FindAsync(row.Id, Token));
        Assert.NotNull(await store.Queries.FindByKeyAsync("k", Token));
        Assert.Single(await store.Queries.ReadJournalAsync(row.Id, -1, 100, Token));
        Assert.Empty(await store.Queries.ReadTriesAsync(row.Id, Token));
        Assert.Equal(3, (await store.Queries.ListAsync(new ExecutionFilter { Limit = 50 }, Token)).Count);
        Assert.NotEmpty((await store.Queries.CountAsync(100, Token)).Executions);
        Assert.Single(await store.Queries.ListSessionsAsync(Token));
        Assert.Empty(await store.Schedules.ListAsync(null, 50, Token));
        Assert.Empty((await store.Schedules.ListDueAsync(50, Token)).Schedules);
        Assert.Single(await store.SubjectKeys.ListAsync(null, 50, Token));
        Assert.Empty(await store.ReadLandedAsync(row.Id, "transfer", Token));
        Assert.Single(
            (await store.Retention.ListEndedAsync(null, ExecutionId.Create(9, 0, 0), 100, Token)).Executions);
        Assert.Single((await worker.BeatAsync()).Owned);
        Assert.Empty((await worker.MaintainAsync()).Released);
        Assert.Empty((await worker.ClaimAsync()).Executions); // What is due is locked, and passed over.
        await store.WaitForChangeAsync(Token);
    }

    private void Use(HydraBuilder hydra) =>
        hydra.UseMySql(server.ConnectionString, options => options with { TablePrefix = _prefix });

    private void Work(HydraBuilder hydra)
    {
        Use(hydra);
        hydra.AddWorkflow<int, int>("test", static (_, input) => Task.FromResult(input));
        hydra.AddWorker();
    }

    private Task SetAsync(string statement) => MySqlServer.ExecuteAsync(statement, server.ConnectionString);
}
