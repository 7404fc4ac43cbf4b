using System.Globalization;
using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>What a connection is told once, when it has been opened.</summary>
/// <remarks>
/// Nothing of it decides what a transaction sees: that is set with each. They are bounds of time, and the meaning of
/// literals and of values that do not fit. And what a server may have been set to that would cut answers short, refuse
/// statements or go on behind a commit.
/// </remarks>
internal sealed class SessionSettings(MySqlStoreOptions options)
{
    private const string Look = "SELECT @@max_allowed_packet, @@read_only, @@innodb_read_only";

    private long _largestPacket; // Zero until a server has been asked.

    /// <summary>The most bytes that the server takes at once; null until it has been asked.</summary>
    public long? LargestPacket => Volatile.Read(ref _largestPacket) is > 0 and var known ? known : null;

    /// <summary>
    /// Tells a new connection, over which nothing else has been sent, and looks whether it is of use.
    /// </summary>
    /// <exception cref="StoreException">The server is too old, or in a cluster that does not do.</exception>
    /// <exception cref="NoWritesException">It takes no writes.</exception>
    public async ValueTask ApplyAsync(MySqlConnection connection)
    {
        await using var command = Command(connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Note(reader);
        var variables = new Dictionary<string, string>();
        while (await reader.NextResultAsync())
        {
            while (await reader.ReadAsync())
            {
                variables[reader.GetString(0)] = reader.GetString(1);
            }
        }

        ServerVariables.Check(variables);
    }

    /// <summary>The same on the caller's own thread.</summary>
    /// <exception cref="StoreException">The server is too old, or in a cluster that does not do.</exception>
    /// <exception cref="NoWritesException">It takes no writes.</exception>
    public void Apply(MySqlConnection connection)
    {
        using var command = Command(connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        Note(reader);
        var variables = new Dictionary<string, string>();
        while (reader.NextResult())
        {
            while (reader.Read())
            {
                variables[reader.GetString(0)] = reader.GetString(1);
            }
        }

        ServerVariables.Check(variables);
    }

    /// <summary>
    /// Leaves a connection that is lent to users as it is, and looks whether it is of use. The engine's own are to the
    /// same host, and know more of it.
    /// </summary>
    /// <exception cref="NoWritesException">It takes no writes.</exception>
    public async ValueTask LookAsync(MySqlConnection connection)
    {
        await using var command = new MySqlCommand(Look, connection) { CommandTimeout = 5 };
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Note(reader);
    }

    /// <summary>Whether the server has a variable on; versions of MariaDB differ in how they say so.</summary>
    public static bool IsOn(object value) =>
        Convert.ToString(value, CultureInfo.InvariantCulture) is not ("0" or "OFF");

    /// <summary>Takes the limits off again that a migration must not have.</summary>
    public static async Task FreeAsync(MySqlConnection connection)
    {
        var limits = ServerKind.SaysMariaDb(connection.ServerVersion)
            ? "max_statement_time = 0, idle_transaction_timeout = 60"
            : "max_execution_time = 0";
        await using var command = new MySqlCommand(
            $"SET SESSION {limits}, lock_wait_timeout = 5, wait_timeout = 60", connection);
        command.CommandTimeout = 5;
        await command.ExecuteNonQueryAsync();
    }

    private void Note(MySqlDataReader row)
    {
        Volatile.Write(ref _largestPacket, Convert.ToInt64(row.GetValue(0), CultureInfo.InvariantCulture));
        if (IsOn(row.GetValue(1)) || IsOn(row.GetValue(2)))
        {
            throw new NoWritesException();
        }
    }

    private MySqlCommand Command(MySqlConnection connection)
    {
        var kind = ServerKind.Read(connection.ServerVersion);
        var command = new MySqlCommand(kind.IsMariaDb ? Settings + MariaDbLimit : Settings + MySqlLimit, connection);
        command.CommandText += "; SET SESSION TRANSACTION READ WRITE; " + Look + "; " + ServerVariables.Statement;
        command.CommandTimeout = 5;
        command.Parameters.AddWithValue("@lockSeconds", (int)options.LockWait.TotalSeconds);
        command.Parameters.AddWithValue("@statementSeconds", options.CommandTimeout.TotalSeconds);
        command.Parameters.AddWithValue("@idleSeconds", options.IdleSeconds);
        return command;
    }

    private const string Settings = """
        SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1,
            innodb_lock_wait_timeout = @lockSeconds, lock_wait_timeout = @lockSeconds,
            completion_type = 'NO_CHAIN', sql_select_limit = 18446744073709551615, sql_big_selects = 1,
            sql_safe_updates = 0
        """;

    /// <summary>Any statement, in seconds, and how long a client may stand still within a transaction.</summary>
    private const string MariaDbLimit =
        ", max_statement_time = @statementSeconds, idle_transaction_timeout = @idleSeconds";

    /// <summary>Only SELECT, in milliseconds; what other statements wait for, locks, has a limit of its own.</summary>
    private const string MySqlLimit = ", max_execution_time = CAST(@statementSeconds * 1000 AS UNSIGNED)";
}
