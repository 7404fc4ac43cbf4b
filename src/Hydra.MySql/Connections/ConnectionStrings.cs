using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>
/// Completes a user's connection string with what the store needs; what it does not need stays as the user has said.
/// </summary>
internal static class ConnectionStrings
{
    /// <summary>
    /// One for each host of a list. The driver would choose among them for each connection anew, replicas too.
    /// </summary>
    public static IReadOnlyList<string> EachHost(string connectionString)
    {
        var builder = new MySqlConnectionStringBuilder(connectionString);
        var hosts = builder.Server.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return hosts.Length < 2
            ? [connectionString]
            : [.. hosts.Select(host => new MySqlConnectionStringBuilder(connectionString) { Server = host }
                .ConnectionString)];
    }

    /// <summary>For the pool of what the engine does: two thirds of all, which no burst of reads takes away.</summary>
    public static string Working(string connectionString)
    {
        var builder = Complete(connectionString);
        return Limited(builder, Math.Max(1, builder.MaximumPoolSize * 2 / 3));
    }

    /// <summary>For the pool of reads on behalf of callers and people: the rest.</summary>
    public static string Reading(string connectionString)
    {
        var builder = Complete(connectionString);
        return Limited(
            builder,
            builder.MaximumPoolSize - Math.Min(builder.MaximumPoolSize - 1, builder.MaximumPoolSize * 2 / 3));
    }

    /// <summary>For connections that are opened once and kept: heartbeats must never wait for a pool.</summary>
    public static string Alone(string connectionString)
    {
        var builder = Complete(connectionString);
        builder.Pooling = false;
        return builder.ConnectionString;
    }

    /// <summary>
    /// For the pool of what bodies of steps write in, as large as the one for reads. Its connections are reset before
    /// they are used again, since who knows what users set there.
    /// </summary>
    public static string Lending(string connectionString) =>
        new MySqlConnectionStringBuilder(Reading(connectionString)) { ConnectionReset = true }.ConnectionString;

    private static string Limited(MySqlConnectionStringBuilder builder, uint size)
    {
        builder.MaximumPoolSize = size;
        builder.MinimumPoolSize = Math.Min(builder.MinimumPoolSize, size);
        return builder.ConnectionString;
    }

    private static MySqlConnectionStringBuilder Complete(string connectionString)
    {
        var builder = new MySqlConnectionStringBuilder(connectionString)
        {
            AllowUserVariables = true, // Such as @hydra_now.
            UseAffectedRows = false, // An update answers how many rows it has found, not how many it has changed.
            ConnectionReset = false, // A round trip at every use, and no session state is left behind.
            CancellationTimeout = -1, // Closes what is not answered in time: to kill it, the driver may take us down.
            AutoEnlist = false, // The engine's writes are no part of a caller's ambient transaction.
            GuidFormat = MySqlGuidFormat.None,
            TreatTinyAsBoolean = false,
            NoBackslashEscapes = false, // As the session is told, whatever the server's default is.
        };
        if (string.IsNullOrWhiteSpace(builder.Database))
        {
            throw new ArgumentException("The connection string must name the database that holds the tables.");
        }

        Default(builder, "Application Name", () => builder.ApplicationName = "Hydra");
        Default(builder, "Connection Timeout", () => builder.ConnectionTimeout = 5);
        Default(builder, "Keepalive", () => builder.Keepalive = 5);
        return builder;
    }

    private static void Default(MySqlConnectionStringBuilder builder, string keyword, Action set)
    {
        if (!builder.ContainsKey(keyword))
        {
            set();
        }
    }
}
