using Hydra.PostgreSql;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
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
