namespace Hydra.MySql.Connections;

/// <summary>
/// What must hold of a server for the store to work on it at all, looked at with every new connection of the engine's.
/// </summary>
/// <remarks>
/// Of a list of hosts, behind a name or a proxy the next connection may be to another server than the last one, and in
/// a replication group each member has variables of its own.
/// </remarks>
internal static class ServerVariables
{
    /// <summary>Several results, all for <see cref="Check"/>; of a variable the last one holds.</summary>
    /// <remarks>
    /// SHOW knows of no error: a variable that the server does not have is left out. What counts is what the connection
    /// goes by, but for wsrep_on: a session that has it off writes past the other nodes and is no better.
    /// </remarks>
    public const string Statement = """
        SHOW VARIABLES WHERE Variable_name IN (
          'log_bin', 'binlog_format', 'wsrep_on', 'wsrep_provider', 'group_replication_group_name',
          'group_replication_single_primary_mode', 'group_replication_consistency');
        SHOW GLOBAL VARIABLES WHERE Variable_name = 'wsrep_on'
        """;

    /// <exception cref="StoreException">It cannot serve; the message says what to do.</exception>
    public static void Check(Dictionary<string, string> variables)
    {
        if (Is(variables, "log_bin", "ON") && Is(variables, "binlog_format", "STATEMENT"))
        {
            throw Refused(
                "The server logs statements (binlog_format=STATEMENT), which InnoDB refuses for transactions that are "
                + "READ COMMITTED, as Hydra's are. Set binlog_format to ROW or MIXED.");
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
            throw HasSeveralPrimaries(
                "is a node of a Galera cluster (wsrep_on=ON)",
                "Connect to a server that is in no such cluster, with or without replicas.");
        }

        if (!IsSet(variables, "group_replication_group_name"))
        {
            return;
        }

        if (Is(variables, "group_replication_single_primary_mode", "OFF"))
        {
            throw HasSeveralPrimaries(
                "is in a replication group that has several primaries (group_replication_single_primary_mode=OFF)",
                "Let the group have one primary: SELECT group_replication_switch_to_single_primary_mode().");
        }

        if (Is(variables, "group_replication_consistency", "EVENTUAL"))
        {
            throw Refused(
                "A new primary of the server's replication group takes writes before it has applied those of the last "
                + "one (group_replication_consistency=EVENTUAL), so what was acknowledged could be overlooked. Set it "
                + "to BEFORE_ON_PRIMARY_FAILOVER on every member: SET PERSIST group_replication_consistency = "
                + "'BEFORE_ON_PRIMARY_FAILOVER'.");
        }
    }

    private static StoreException HasSeveralPrimaries(string what, string help) => Refused(
        $"The server {what}. Its nodes do not see each other's locks, so a worker that has lost an execution could "
        + $"still write into its journal over a node that is behind. Hydra does not work there. {help}");

    private static StoreException Refused(string message) => new(StoreErrorKind.Unavailable, message);

    /// <summary>What is not used is empty, or "none".</summary>
    private static bool IsSet(Dictionary<string, string> variables, string name) =>
        variables.TryGetValue(name, out var found) && found.Length > 0
        && !found.Equals("none", StringComparison.OrdinalIgnoreCase);

    private static bool Is(Dictionary<string, string> variables, string name, string value) =>
        variables.TryGetValue(name, out var found) && found.Equals(value, StringComparison.OrdinalIgnoreCase);
}
