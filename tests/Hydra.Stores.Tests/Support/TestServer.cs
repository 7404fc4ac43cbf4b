using System.Data.Common;
using Hydra.Tests.Servers;

namespace Hydra.Stores.Tests;

/// <summary>A server that the tests use: the one that ./test.sh has started, or else one of their own.</summary>
/// <param name="variable">Names the variable of the environment that tells where it is.</param>
/// <param name="script">Starts and stops one: one of tests/servers.</param>
/// <param name="connection">Makes a connection.</param>
internal sealed class TestServer(string variable, string script, Func<string, DbConnection> connection)
{
    private readonly Lazy<string> _started = new(() => Start(script));

    public string ConnectionString => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given
        ? given
        : _started.Value;

    /// <summary>Runs statements over a connection of their own.</summary>
    public async Task ExecuteAsync(string statements, string? connectionString)
    {
        await using var opened = await ConnectAsync(connectionString);
        await using var command = Command(opened, statements);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Answers the first column of the first row.</summary>
    public async Task<object?> AskAsync(string question, string? connectionString)
    {
        await using var opened = await ConnectAsync(connectionString);
        await using var command = Command(opened, question);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    public async Task<DbConnection> ConnectAsync(string? connectionString)
    {
        var opened = connection(connectionString ?? ConnectionString);
        await opened.OpenAsync(TestContext.Current.CancellationToken);
        return opened;
    }

    private static DbCommand Command(DbConnection connection, string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    private static string Start(string script)
    {
        var folder = Path.Combine(
            Path.GetTempPath(), $"hydra-{Path.GetFileNameWithoutExtension(script)}-{Environment.ProcessId}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => ServerScript.Run(script, "stop", folder);
        return ServerScript.Run(script, "start", folder);
    }
}
