using System.Data.Common;
using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Soak.Servers;

internal sealed class MySqlSoakServer() : SoakServer(
    ServerScript.MySql == "mysql.sh" ? "MySQL" : "MariaDB", ServerScript.MySql, static server => new MySqlProxy(server))
{
    /// <summary>InnoDB gives up the locks of a commit, writes it to the log, and only then acknowledges it.</summary>
    public override bool ShowsBeforeItKeeps => true;

    public override DbConnection Connect() => New();

    public override async Task TerminateConnectionsAsync()
    {
        await using var connection = New();
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var id in await OthersAsync(connection))
        {
            await KillAsync(connection, id);
        }
    }

    /// <remarks>MySQL's list of processes refuses to show statements with bytes in them, such as payloads.</remarks>
    private static async Task<List<ulong>> OthersAsync(MySqlConnection connection)
    {
        await using var list = new MySqlCommand(
            ServerScript.MySql == "mysql.sh"
                ? """
                  SELECT processlist_id FROM performance_schema.threads
                  WHERE processlist_id <> CONNECTION_ID() AND processlist_user NOT IN ('system user', 'event_scheduler')
                  """
                : """
                  SELECT id FROM information_schema.processlist
                  WHERE id <> CONNECTION_ID() AND user NOT IN ('system user', 'event_scheduler')
                  """,
            connection);
        await using var reader = await list.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var ids = new List<ulong>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            ids.Add(reader.GetUInt64(0));
        }

        return ids;
    }

    private static async Task KillAsync(MySqlConnection connection, ulong id)
    {
        await using var kill = new MySqlCommand($"KILL {id}", connection);
        try
        {
            await kill.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.NoSuchThread)
        {
            // It has gone by itself.
        }
    }

    private MySqlConnection New() => new(
        new MySqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
}
