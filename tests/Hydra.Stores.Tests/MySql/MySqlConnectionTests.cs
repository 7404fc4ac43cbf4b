using Hydra.MySql;
using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational;
using Hydra.Storage;
using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlConnectionTests(ITestOutputHelper output) : ConnectionTests(output)
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";
    private MySqlUser? _user;

    private protected override string Direct => _user!.ConnectionString;

    [Fact]
    public void Connections_are_watched_unless_the_user_says_otherwise()
    {
        var own = new MySqlConnectionStringBuilder(ConnectionStrings.Alone("Server=h;Database=d"));
        var given = new MySqlConnectionStringBuilder(
            ConnectionStrings.Working("Server=h;Database=d;Keepalive=0;Connection Timeout=1"));

        Assert.Equal((5u, 5u), (own.Keepalive, own.ConnectionTimeout));
        Assert.Equal((0u, 1u), (given.Keepalive, given.ConnectionTimeout));
    }

    /// <summary>
    /// Where the driver kills what takes too long it does so out of a timer, and what is thrown there when the
    /// connection has just been reset takes the process down.
    /// </summary>
    [Fact]
    public void What_takes_too_long_has_its_connection_closed_and_is_not_killed()
    {
        const string Given = "Server=h;Database=d;Cancellation Timeout=2";
        string[] all =
        [
            ConnectionStrings.Working(Given), ConnectionStrings.Reading(Given), ConnectionStrings.Alone(Given),
            ConnectionStrings.Lending(Given),
        ];

        Assert.All(all, static one => Assert.Equal(-1, new MySqlConnectionStringBuilder(one).CancellationTimeout));
    }

    [Theory]
    [InlineData("", 66, 34, 0)]
    [InlineData(";Maximum Pool Size=30;Minimum Pool Size=15", 20, 10, 10)]
    [InlineData(";Maximum Pool Size=1", 1, 1, 0)]
    public void The_engine_and_its_callers_share_the_connections(string given, uint working, uint reading, uint kept)
    {
        var engine = new MySqlConnectionStringBuilder(ConnectionStrings.Working("Server=h;Database=d" + given));
        var callers = new MySqlConnectionStringBuilder(ConnectionStrings.Reading("Server=h;Database=d" + given));

        Assert.Equal(
            (working, reading, kept), (engine.MaximumPoolSize, callers.MaximumPoolSize, callers.MinimumPoolSize));
    }

    /// <summary>A server may be set to these by init_connect, or for everybody.</summary>
    [Fact]
    public async Task Settings_that_would_cut_answers_short_or_go_on_behind_a_commit_are_taken_back()
    {
        const string Ask = "SELECT CONCAT_WS(' ', @@SESSION.completion_type, @@SESSION.sql_select_limit, "
            + "@@SESSION.sql_big_selects + 0, @@SESSION.sql_safe_updates + 0)";
        await using var connection = new MySqlConnection(
            new MySqlConnectionStringBuilder(Direct) { Pooling = false, AllowUserVariables = true }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var hostile = new MySqlCommand(
            "SET SESSION completion_type = 'CHAIN', sql_select_limit = 1, sql_big_selects = 0, sql_safe_updates = 1; "
            + "SET SESSION TRANSACTION READ ONLY",
            connection);
        await hostile.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await new SessionSettings(new MySqlStoreOptions()).ApplyAsync(connection);

        await using var ask = new MySqlCommand(Ask, connection);
        Assert.Equal(
            "NO_CHAIN 18446744073709551615 1 0",
            await ask.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        await using var write = new MySqlCommand("CREATE TABLE no_table_of_ours LIKE nothing", connection);
        var failed = await Assert.ThrowsAsync<MySqlException>(
            () => write.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        Assert.Equal(MySqlErrorCode.NoSuchTable, failed.ErrorCode); // And not for being a transaction that only reads.
    }

    private protected override string WithSmallPool(string connectionString) =>
        connectionString + ";Maximum Pool Size=3;Connection Timeout=1";

    /// <summary>
    /// As when the server has ended it while the process stood still. The driver lets the exception of the socket out
    /// where it writes to such a connection.
    /// </summary>
    [Fact]
    public async Task A_connection_that_was_reset_before_it_undoes_hides_no_error()
    {
        var failed = RunAndResetAsync(static _ => throw new NotSupportedException("The work fails."));

        await Assert.ThrowsAsync<NotSupportedException>(() => failed);
    }

    /// <summary>As when a statement fails that the rest of the work can do without.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_ends_behind_an_error_is_lost_and_nothing_was_written(bool undoes)
    {
        var failed = RunAndResetAsync(async exchange =>
        {
            exchange.AddNow();
            await Assert.ThrowsAnyAsync<Exception>(() => exchange.SendAsync(Token));
            await (undoes ? exchange.UndoAsync() : exchange.GoOnAsync());
            exchange.AddNow();
            await exchange.SendAsync(Token);
        });

        var error = await Assert.ThrowsAsync<StoreException>(() => failed);
        Assert.Equal(undoes ? StoreErrorKind.NotSent : StoreErrorKind.RolledBack, error.Kind);
        Assert.Contains("Nothing was written; the call may be repeated.", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Begins a transaction over a connection, has it end, and goes on.</summary>
    private async Task RunAndResetAsync(Func<Exchange, Task> then)
    {
        var proxy = new MySqlProxy(Direct);
        proxy.Start();
        await using var database = new Database(
            proxy.ConnectionString,
            new MySqlStoreOptions { TablePrefix = _prefix },
            "tests",
            new DatabaseClock(TimeProvider.System, isDatabase: true));
        await database.RunAsync(
            async exchange =>
            {
                exchange.Begin();
                exchange.AddNow();
                await exchange.SendAsync(Token);
                await exchange.ReadNowAsync();
                await exchange.EndAsync(Token);
                await proxy.DisposeAsync();
                await then(exchange);
                return true;
            },
            Token);
    }

    private protected override async Task CreateAsync() => _user = await MySqlUser.CreateAsync(_prefix.TrimEnd('_'));

    private protected override async Task DropAsync()
    {
        await _user!.DisposeAsync();
        await MySqlTables.DropAsync(_prefix);
    }

    private protected override CuttingProxy CreateProxy(string connectionString) => new MySqlProxy(connectionString);

    private protected override IWorkflowStore CreateStore(string connectionString, TimeSpan? timeout)
    {
        var options = new MySqlStoreOptions { TablePrefix = _prefix };
        options = timeout is { } time ? options with { CommandTimeout = time, LockTimeout = time } : options;
        return new MySqlWorkflowStore(connectionString, options, "tests");
    }

    private protected override void Use(HydraBuilder hydra, string connectionString) =>
        hydra.UseMySql(connectionString, options => options with { TablePrefix = _prefix });

    private protected override bool ReadsTime(string text) => text.Contains(MySqlSql.ReadNow, StringComparison.Ordinal);

    private protected override async Task<IAsyncDisposable> LockExecutionsAsync()
    {
        var connection = await MySqlServer.ConnectAsync();
        await using var hold = new MySqlCommand($"LOCK TABLES {_prefix}executions WRITE", connection);
        await hold.ExecuteNonQueryAsync(Token);
        return new Unlocking(connection);
    }

    private protected override async Task<long> CountCompletedAsync() => (long)(await MySqlServer.AskAsync(
        $"SELECT COUNT(*) FROM {_prefix}outcomes WHERE state = 6 AND crashes = 0"))!;

    private protected override Task<long> TerminateConnectionsAsync() => _user!.TerminateConnectionsAsync();

    /// <summary>A connection that goes back to its pool keeps its locks.</summary>
    private sealed class Unlocking(MySqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (connection)
            {
                await using var unlock = new MySqlCommand("UNLOCK TABLES", connection);
                await unlock.ExecuteNonQueryAsync();
            }
        }
    }
    /// <summary>The driver's error is that of a host that cannot be reached.</summary>
    [Fact]
    public async Task A_pool_that_is_in_use_is_no_reason_to_leave_a_host_for_the_next()
    {
        var given = new MySqlConnectionStringBuilder(MySqlServer.ConnectionString)
        {
            MaximumPoolSize = 1,
            ConnectionTimeout = 1,
        };
        given.Server += ",127.0.0.9"; // Where nobody listens.
        await using var database = new Database(
            given.ConnectionString, new MySqlStoreOptions(), "tests", new DatabaseClock(TimeProvider.System, true));

        var before = await database.ReadAsync(
            async exchange =>
            {
                var busy = await Assert.ThrowsAsync<StoreException>(() => database.ReadAsync(AskAsync, Token));
                Assert.Contains("in use", busy.Message, StringComparison.Ordinal);
                return await AskAsync(exchange);
            },
            Token);

        Assert.Equal(before, await database.ReadAsync(AskAsync, Token));

        static async Task<long> AskAsync(Exchange exchange)
        {
            exchange.Add("SELECT CAST(CONNECTION_ID() AS SIGNED)");
            await exchange.SendAsync(Token);
            return await exchange.ReadOneAsync(static row => row.GetInt64(0), Token);
        }
    }

}
