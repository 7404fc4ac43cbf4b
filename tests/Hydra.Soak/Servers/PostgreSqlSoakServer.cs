using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Soak.Servers;

internal sealed class PostgreSqlSoakServer : SoakServer
{
    private const string Script = "postgresql.sh";
    private const string Administrator = "soak"; // Whose own connection stays.

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"hydra-soak-{Guid.NewGuid():N}");
    private readonly NpgsqlConnectionStringBuilder _connection;

    public PostgreSqlSoakServer() => _connection = new(ServerScript.Run(Script, "start", _folder))
    {
        ApplicationName = Administrator,
        Pooling = false,
    };

    public override string Name => "PostgreSQL";

    public override string Url =>
        $"postgres://{_connection.Username}@{_connection.Host}:{_connection.Port}/{_connection.Database}";

    public override async Task TerminateConnectionsAsync()
    {
        await using var connection = new NpgsqlConnection(_connection.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var terminate = new NpgsqlCommand(
            $"""
            SELECT pg_terminate_backend(pid)
            FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND application_name <> '{Administrator}'
            """,
            connection);
        await terminate.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public override Task CrashAsync() => Task.Run(() => ServerScript.Run(Script, "crash", _folder));

    public override Task RestartAsync() => Task.Run(() => ServerScript.Run(Script, "restart", _folder));

    public override IEnumerable<string> Deadlocks() => File.ReadLines(Path.Combine(_folder, "server.log"))
        .Where(line => line.Contains("deadlock detected", StringComparison.Ordinal));

    public override ValueTask DisposeAsync()
    {
        ServerScript.Run(Script, "stop", _folder);
        return ValueTask.CompletedTask;
    }
}
