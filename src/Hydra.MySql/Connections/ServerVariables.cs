using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>What must hold of a server for the store to work on it at all, looked at when it is opened.</summary>
internal static class ServerVariables
{
    // SHOW knows of no error: a variable that the server does not have is left out.
    private const string Statement = """
        SHOW VARIABLES WHERE Variable_name IN (
          'log_bin', 'binlog_format', 'read_only', 'super_read_only', 'wsrep_on', 'wsrep_provider',
          'group_replication_group_name', 'group_replication_single_primary_mode', 'group_replication_consistency')
        """;

    /// <exception cref="StoreException">It cannot serve; the message says what to do.</exception>
    public static async Task CheckAsync(MySqlConnection connection) => Check(await ReadAsync(connection));

    /// <summary>What the server says of those that it has.</summary>
    public static async Task<Dictionary<string, string>> ReadAsync(MySqlConnection connection)
    {
        var found = new Dictionary<string, string>();
        await using var command = new MySqlCommand(Statement, connection) { CommandTimeout = 5 };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            found[reader.GetString(0)] = reader.GetString(1);
        }

        return found;
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

        CheckCluster(variables);
    }

    /// <summary>
    /// Nodes of a cluster that all take writes do not see each other's locks, which all fences are. What they compare
    /// when they commit are the rows that were written, and a checkpoint writes none that a claim does.
    /// </summary>
    private static void CheckCluster(Dictionary<string, string> variables)
    {
        if (Is(variables, "wsrep_on", "ON") && IsSet(variables, "wsrep_provider"))
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                "The server is a node of a Galera cluster (wsrep_on=ON). Its nodes do not see each other's locks, so a "
                + "worker that has lost an execution could still write into its journal over a node that is behind. "
                + "Hydra does not work there. Connect to a server that is in no such cluster, with or without "
                + "replicas.");
        }

        if (!IsSet(variables, "group_replication_group_name"))
        {
            return;
        }

        if (Is(variables, "group_replication_single_primary_mode", "OFF"))
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                "The server's replication group has several primaries (group_replication_single_primary_mode=OFF), "
                + "which do not see each other's locks, so a worker that has lost an execution could still write into "
                + "its journal. Let the group have one primary: "
                + "SELECT group_replication_switch_to_single_primary_mode().");
        }

        if (Is(variables, "group_replication_consistency", "EVENTUAL"))
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                "A new primary of the server's replication group takes writes before it has applied those of the last "
                + "one (group_replication_consistency=EVENTUAL), so what was acknowledged could be overlooked. Set it "
                + "to BEFORE_ON_PRIMARY_FAILOVER on every member: SET PERSIST group_replication_consistency = "
                + "'BEFORE_ON_PRIMARY_FAILOVER'.");
        }
    }

    /// <summary>MariaDB has several ways to be on.</summary>
    private static bool IsOn(Dictionary<string, string> variables, string name) =>
        variables.ContainsKey(name) && !Is(variables, name, "OFF");

    /// <summary>What is not used is empty, or "none".</summary>
    private static bool IsSet(Dictionary<string, string> variables, string name) =>
        variables.TryGetValue(name, out var found) && found.Length > 0
        && !found.Equals("none", StringComparison.OrdinalIgnoreCase);

    private static bool Is(Dictionary<string, string> variables, string name, string value) =>
        variables.TryGetValue(name, out var found) && found.Equals(value, StringComparison.OrdinalIgnoreCase);
}
