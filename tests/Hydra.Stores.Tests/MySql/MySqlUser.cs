using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>A user of a test's own, by whose name the connections of its stores are known.</summary>
internal sealed class MySqlUser : IAsyncDisposable
{
    private readonly string _name;

    private MySqlUser(string name) => _name = name;

    public string ConnectionString =>
        new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { UserID = _name }.ConnectionString;

    /// <summary>Makes a user who may do anything in the database of the tests.</summary>
    public static async Task<MySqlUser> CreateAsync(string name)
    {
        var database = new MySqlConnectionStringBuilder(MySqlServer.ConnectionString).Database;
        await MySqlServer.ExecuteAsync($"CREATE USER '{name}'@'%'; GRANT ALL ON {database}.* TO '{name}'@'%'");
        return new MySqlUser(name);
    }

    /// <summary>Ends the connections of this user.</summary>
    /// <returns>How many there were.</returns>
    public async Task<long> TerminateConnectionsAsync()
    {
        await using var connection = await MySqlServer.ConnectAsync();
        var ids = await ListAsync(connection);
        foreach (var id in ids)
        {
            await using var kill = new MySqlCommand($"KILL {id}", connection);
            try
            {
                await kill.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }
            catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.NoSuchThread)
            {
                // It has ended by itself.
            }
        }

        return ids.Count;
    }

    /// <summary>The connections of this user that are open now.</summary>
    public async Task<List<ulong>> ListConnectionsAsync()
    {
        await using var connection = await MySqlServer.ConnectAsync();
        return await ListAsync(connection);
    }

    public async ValueTask DisposeAsync() => await MySqlServer.ExecuteAsync($"DROP USER '{_name}'@'%'");

    private async Task<List<ulong>> ListAsync(MySqlConnection connection)
    {
        // The view of the same cannot be read on MySQL while somebody sends bytes that are no text.
        await using var list = new MySqlCommand("SHOW PROCESSLIST", connection);
        var ids = new List<ulong>();
        await using var reader = await list.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            if (reader.GetString("User") == _name)
            {
                ids.Add(reader.GetUInt64("Id"));
            }
        }

        return ids;
    }
}
