using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>What must hold of a server for the store to work on it at all, looked at when it is opened.</summary>
internal static class ServerVariables
{
    // SHOW knows of no error: a variable that the server does not have is left out.
    private const string Statement =
        "SHOW VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'read_only', 'super_read_only')";

    /// <exception cref="StoreException">It cannot serve; the message says what to do.</exception>
    public static async Task CheckAsync(MySqlConnection connection)
    {
        var found = new Dictionary<string, string>();
        await using var command = new MySqlCommand(Statement, connection) { CommandTimeout = 5 };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            found[reader.GetString(0)] = reader.GetString(1);
        }

        Check(found);
    }

    /// <exception cref="StoreException">It cannot serve; the message says what to do.</exception>
    public static void Check(Dictionary<string, string> variables)
    {
        if (Is(variables, "log_bin", "ON") && Is(variables, "binlog_format", "STATEMENT"))
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                "The server logs statements (binlog_format=STATEMENT), which InnoDB refuses for transactions that are "
                + "READ COMMITTED, as Hydra's are. Set binlog_format to ROW or MIXED.");
        }

        if (IsOn(variables, "read_only") || IsOn(variables, "super_read_only"))
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                "The server takes no writes (read_only or super_read_only is on), as a replica does. Connect to the "
                + "primary.");
        }
    }

    /// <summary>MariaDB has several ways to be on.</summary>
    private static bool IsOn(Dictionary<string, string> variables, string name) =>
        variables.ContainsKey(name) && !Is(variables, name, "OFF");

    private static bool Is(Dictionary<string, string> variables, string name, string value) =>
        variables.TryGetValue(name, out var found) && found.Equals(value, StringComparison.OrdinalIgnoreCase);
}
