using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>The tables that tests leave behind.</summary>
internal static class MySqlTables
{
    /// <summary>Empties all tables whose names begin with a prefix but that of the versions.</summary>
    public static async Task ClearAsync(string prefix)
    {
        await using var connection = new MySqlConnection(MySqlServer.ConnectionString);
        await connection.OpenAsync();
        var tables = (await ListAsync(connection, prefix))
            .Where(table => table.Type == "BASE TABLE" && table.Name != $"{prefix}schema_versions");
        foreach (var (name, _) in tables)
        {
            await using var clear = new MySqlCommand($"DELETE FROM {name}", connection);
            await clear.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Drops all tables and views whose names begin with a prefix.</summary>
    public static async Task DropAsync(string prefix)
    {
        await using var connection = new MySqlConnection(MySqlServer.ConnectionString);
        await connection.OpenAsync();
        foreach (var (name, type) in await ListAsync(connection, prefix))
        {
            var kind = type == "VIEW" ? "VIEW" : "TABLE";
            await using var drop = new MySqlCommand($"DROP {kind} IF EXISTS {name}", connection);
            await drop.ExecuteNonQueryAsync();
        }
    }

    private static async Task<List<(string Name, string Type)>> ListAsync(MySqlConnection connection, string prefix)
    {
        await using var list = new MySqlCommand(
            """
            SELECT table_name, table_type
            FROM information_schema.tables
            WHERE table_schema = DATABASE() AND LEFT(table_name, CHAR_LENGTH(@prefix)) = @prefix
            """,
            connection);
        list.Parameters.AddWithValue("@prefix", prefix);
        await using var reader = await list.ExecuteReaderAsync();
        var tables = new List<(string Name, string Type)>();
        while (await reader.ReadAsync())
        {
            tables.Add((reader.GetString(0), reader.GetString(1)));
        }

        return tables;
    }
}
