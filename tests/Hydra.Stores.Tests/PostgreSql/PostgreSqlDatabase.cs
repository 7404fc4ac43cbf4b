using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>A database of a test's own on the tests' server, for what a server counts or sets by database.</summary>
internal sealed class PostgreSqlDatabase : IAsyncDisposable
{
    private readonly string _name = $"t_{Guid.NewGuid():N}";

    private PostgreSqlDatabase()
    {
    }

    public string ConnectionString =>
        new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { Database = _name }.ConnectionString;

    public static async Task<PostgreSqlDatabase> CreateAsync(string options = "")
    {
        var database = new PostgreSqlDatabase();
        await PostgreSqlServer.ExecuteAsync($"CREATE DATABASE {database._name} {options}");
        return database;
    }

    /// <summary>Sets a parameter for all connections to come.</summary>
    public Task SetAsync(string parameter, string value) =>
        PostgreSqlServer.ExecuteAsync($"ALTER DATABASE {_name} SET {parameter} = '{value}'");

    /// <summary>Since it was created.</summary>
    public async Task<long> CountDeadlocksAsync()
    {
        var counted = await PostgreSqlServer.AskAsync(
            $"SELECT deadlocks FROM pg_stat_database WHERE datname = '{_name}'");
        return (long)counted!;
    }

    /// <summary>Returns when that many connections are waiting for a lock.</summary>
    public async Task WaitForBlockedAsync(int connections, CancellationToken cancellationToken)
    {
        while ((long)(await PostgreSqlServer.AskAsync(
            $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{_name}' AND wait_event_type = 'Lock'"))!
            < connections)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await PostgreSqlServer.ExecuteAsync($"DROP DATABASE {_name} WITH (FORCE)");
    }
}
