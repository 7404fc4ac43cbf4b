using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>The server that the tests use: the one that ./test.sh has started, or else one of their own.</summary>
internal static class MySqlServer
{
    private const string Variable = "HYDRA_TEST_MYSQL";

    private static readonly Lazy<string> Started = new(Start);

    /// <summary>A connection string of a user who may create tables.</summary>
    public static string ConnectionString => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
        ? given
        : Started.Value;

    /// <summary>Runs statements over a connection of their own.</summary>
    public static async Task ExecuteAsync(string statements, string? connectionString = null)
    {
        await using var connection = await ConnectAsync(connectionString);
        await using var command = new MySqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Answers the first column of the first row.</summary>
    public static async Task<object?> AskAsync(string question, string? connectionString = null)
    {
        await using var connection = await ConnectAsync(connectionString);
        await using var command = new MySqlCommand(question, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<MySqlConnection> ConnectAsync(string? connectionString = null)
    {
        var connection = new MySqlConnection(connectionString ?? ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static string Start()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"hydra-mariadb-{Environment.ProcessId}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => ServerScript.Run("mariadb.sh", "stop", folder);
        return ServerScript.Run("mariadb.sh", "start", folder);
    }
}
