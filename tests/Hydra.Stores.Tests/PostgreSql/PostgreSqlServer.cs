using Npgsql;

namespace Hydra.Stores.Tests;

internal static class PostgreSqlServer
{
    private static readonly TestServer Server = new(
        "HYDRA_TEST_POSTGRESQL", "postgresql.sh", static connectionString => new NpgsqlConnection(connectionString));

    /// <summary>A connection string of a user who may create schemas.</summary>
    public static string ConnectionString => Server.ConnectionString;

    /// <inheritdoc cref="TestServer.ExecuteAsync"/>
    public static Task ExecuteAsync(string statements, string? connectionString = null) =>
        Server.ExecuteAsync(statements, connectionString);

    /// <inheritdoc cref="TestServer.AskAsync"/>
    public static Task<object?> AskAsync(string question, string? connectionString = null) =>
        Server.AskAsync(question, connectionString);

    public static async Task<NpgsqlConnection> ConnectAsync(string? connectionString = null) =>
        (NpgsqlConnection)await Server.ConnectAsync(connectionString);
}
