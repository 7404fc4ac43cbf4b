using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

internal static class MySqlServer
{
    private static readonly TestServer Server = new(
        "HYDRA_TEST_MYSQL", ServerScript.MySql, static connectionString => new MySqlConnection(connectionString));

    /// <summary>A connection string of a user who may create tables.</summary>
    public static string ConnectionString => Server.ConnectionString;

    /// <inheritdoc cref="TestServer.ExecuteAsync"/>
    public static Task ExecuteAsync(string statements, string? connectionString = null) =>
        Server.ExecuteAsync(statements, connectionString);

    /// <inheritdoc cref="TestServer.AskAsync"/>
    public static Task<object?> AskAsync(string question, string? connectionString = null) =>
        Server.AskAsync(question, connectionString);

    public static async Task<MySqlConnection> ConnectAsync(string? connectionString = null) =>
        (MySqlConnection)await Server.ConnectAsync(connectionString);
}
