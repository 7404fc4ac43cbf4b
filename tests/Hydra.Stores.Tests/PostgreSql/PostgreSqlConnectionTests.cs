using Hydra.PostgreSql;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational;
using Hydra.Storage;
using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlConnectionTests(ITestOutputHelper output) : ConnectionTests(output)
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    private protected override string Direct => $"{PostgreSqlServer.ConnectionString};Application Name={_schema}";

    [Fact]
    public void Connections_are_watched_unless_the_user_says_otherwise()
    {
        var own = new NpgsqlConnectionStringBuilder(ConnectionStrings.Alone("Host=h"));
        var given = new NpgsqlConnectionStringBuilder(ConnectionStrings.Working(
            "Host=h;TCP Keepalive=false;Timeout=1", new PostgreSqlStoreOptions()));

        Assert.Equal((true, 5, 2, 5), (own.TcpKeepAlive, own.TcpKeepAliveTime, own.TcpKeepAliveInterval, own.Timeout));
        Assert.Equal((false, 1), (given.TcpKeepAlive, given.Timeout));
    }

    /// <summary>The driver's first look at them is slow where there are many tables, and may be forbidden.</summary>
    [Fact]
    public async Task The_store_does_not_ask_for_the_types_of_the_database()
    {
        await PostgreSqlServer.ExecuteAsync($"CREATE ROLE {_schema} LOGIN");
        await PostgreSqlServer.ExecuteAsync($"CREATE DATABASE {_schema} OWNER {_schema}");
        var elsewhere = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            Database = _schema,
            Pooling = false,
        };
        try
        {
            await PostgreSqlServer.ExecuteAsync(
                "REVOKE SELECT ON pg_catalog.pg_type FROM PUBLIC", elsewhere.ConnectionString);
            elsewhere.Username = _schema;
            await Assert.ThrowsAsync<PostgresException>(
                () => PostgreSqlServer.ExecuteAsync("SELECT 1", elsewhere.ConnectionString));
            var store = new PostgreSqlWorkflowStore(elsewhere.ConnectionString, new PostgreSqlStoreOptions(), "tests");
            await using (store)
            {
                await store.MigrateAsync(Token);
                await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart("one")]), Token);

                Assert.NotNull(await store.Queries.FindByKeyAsync("one", Token));
            }
        }
        finally
        {
            await PostgreSqlServer.ExecuteAsync($"DROP DATABASE {_schema} WITH (FORCE)");
            await PostgreSqlServer.ExecuteAsync($"DROP ROLE {_schema}");
        }
    }

    [Theory]
    [InlineData("Host=h", 32, 16, 0)]
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

    [Theory]
    [InlineData("Host=a,b", "read-write")]
    [InlineData("Host=a,b;Target Session Attributes=prefer-standby", "prefer-standby")]
    [InlineData("Host=a", null)]
    public void Of_several_hosts_the_one_that_takes_writes_is_asked(string given, string? attributes) => Assert.Equal(
        attributes, new NpgsqlConnectionStringBuilder(ConnectionStrings.Alone(given)).TargetSessionAttributes);

    /// <summary>What is cancelled and listened to may tell of a commit that no standby has.</summary>
    [Fact]
    public void What_takes_too_long_has_its_connection_closed()
    {
        const string Given = "Host=h;Cancellation Timeout=500";
        string[] writing =
        [
            ConnectionStrings.Working(Given, new PostgreSqlStoreOptions()),
            ConnectionStrings.Lending(Given, new PostgreSqlStoreOptions()),
        ];

        Assert.All(
            writing, static one => Assert.Equal(-1, new NpgsqlConnectionStringBuilder(one).CancellationTimeout));
    }

    /// <summary>Over such connections a statement may go into whatever transaction of another is open there.</summary>
    [Fact]
    public async Task A_data_source_that_multiplexes_is_refused()
    {
        await using var source = NpgsqlDataSource.Create("Host=h;Multiplexing=true");

        var error = Assert.Throws<ArgumentException>(
            () => new PostgreSqlWorkflowStore(source, new PostgreSqlStoreOptions(), "tests"));

        Assert.Contains("Multiplexing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_would_break_the_store_is_taken_out_of_a_connection_string()
    {
        const string Name = "Größe-処理";
        var store = Open($"{Direct};Multiplexing=true;Client Encoding=LATIN1;Cancellation Timeout=0");

        await store.VerifyAsync(Token);
        await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart(Name)]), Token);

        Assert.NotNull(await store.Queries.FindByKeyAsync(Name, Token));
        Assert.Equal(1L, await PostgreSqlServer.AskAsync(
            $"SELECT count(*) FROM {_schema}.executions WHERE key = '{Name}'"));
        Assert.Equal(-1, new NpgsqlConnectionStringBuilder(
            ConnectionStrings.Alone("Host=h;Cancellation Timeout=0")).CancellationTimeout);
    }

    /// <summary>A transaction of two round trips over a long way must not be taken for one that stands still.</summary>
    [Theory]
    [InlineData(50, "1000")]
    [InlineData(6_000, "3000")]
    public async Task A_process_may_stand_still_for_a_second_at_least(int lockMilliseconds, string idle)
    {
        await using var database = new Database(
            null,
            "Host=h",
            new PostgreSqlStoreOptions { LockTimeout = TimeSpan.FromMilliseconds(lockMilliseconds) },
            "tests",
            new DatabaseClock(TimeProvider.System, isDatabase: true));

        Assert.Equal(idle, database.IdleTimeout);
    }

    /// <summary>As an initializer of the program's own throws, or a driver of what it does not expect.</summary>
    [Fact]
    public async Task A_listener_begins_again_whatever_has_ended_its_connection()
    {
        var failures = 1;
        var builder = new NpgsqlDataSourceBuilder(Direct);
        builder.UsePhysicalConnectionInitializer(
            static _ => { },
            _ => Interlocked.Decrement(ref failures) >= 0
                ? Task.FromException(new InvalidOperationException("not now"))
                : Task.CompletedTask);
        await using var source = builder.Build();
        var options = new PostgreSqlStoreOptions { Schema = _schema };
        await using var store = new PostgreSqlWorkflowStore(source, options, "tests");

        var woken = store.WaitForChangeAsync(Token); // Whoever begins to listen wakes everybody.

        await woken.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(-1, failures);
    }

    /// <summary>As when a statement fails that the rest of the work can do without.</summary>
    [Fact]
    public async Task A_connection_that_ends_behind_an_error_is_lost_and_nothing_was_written()
    {
        var proxy = new PostgreSqlProxy(Direct);
        proxy.Start();
        await using var database = new Database(
            null,
            proxy.ConnectionString,
            new PostgreSqlStoreOptions { Schema = _schema },
            "tests",
            new DatabaseClock(TimeProvider.System, isDatabase: true));

        var failed = database.RunAsync(
            async exchange =>
            {
                exchange.Begin();
                exchange.AddNow();
                await exchange.SendAsync(Token);
                await exchange.ReadNowAsync();
                await exchange.EndAsync(Token);
                await proxy.DisposeAsync();
                exchange.AddNow();
                await Assert.ThrowsAnyAsync<Exception>(() => exchange.SendAsync(Token));
                await exchange.UndoAsync();
                exchange.AddNow();
                await exchange.SendAsync(Token);
                return true;
            },
            Token);

        var error = await Assert.ThrowsAsync<StoreException>(() => failed);
        Assert.Equal(StoreErrorKind.NotSent, error.Kind);
        Assert.Contains("Nothing was written; the call may be repeated.", error.Message, StringComparison.Ordinal);
    }

    private protected override string WithSmallPool(string connectionString) =>
        connectionString + ";Maximum Pool Size=3;Timeout=1";

    private protected override Task CreateAsync() => Task.CompletedTask; // Migrating makes the schema.

    private protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");

    private protected override CuttingProxy CreateProxy(string connectionString) =>
        new PostgreSqlProxy(connectionString);

    private protected override IWorkflowStore CreateStore(string connectionString, TimeSpan? timeout)
    {
        var options = new PostgreSqlStoreOptions { Schema = _schema, Listen = false };
        options = timeout is { } time ? options with { CommandTimeout = time, LockTimeout = time } : options;
        return new PostgreSqlWorkflowStore(connectionString, options, "tests");
    }

    private protected override void Use(HydraBuilder hydra, string connectionString) =>
        hydra.UsePostgreSql(connectionString, options => options with { Schema = _schema });

    private protected override bool ReadsTime(string text) => text == PostgreSqlSql.ReadNow;

    private protected override async Task<IAsyncDisposable> LockExecutionsAsync()
    {
        var connection = await PostgreSqlServer.ConnectAsync();
        await using var hold = new NpgsqlCommand(
            $"BEGIN; LOCK TABLE {_schema}.executions IN ACCESS EXCLUSIVE MODE", connection);
        await hold.ExecuteNonQueryAsync(Token);
        return connection; // Whose end undoes it.
    }

    private protected override async Task<long> CountCompletedAsync() => (long)(await PostgreSqlServer.AskAsync(
        $"SELECT count(*) FROM {_schema}.executions WHERE state = 6 AND crashes = 0"))!;

    private protected override async Task<long> TerminateConnectionsAsync() => (long)(await PostgreSqlServer.AskAsync(
        $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{_schema}'"))!;
}
