using Npgsql;

namespace Hydra.PostgreSql.Connections;

/// <summary>Completes a user's connection string with what the store needs; what the user has said stays.</summary>
internal static class ConnectionStrings
{
    /// <summary>For the pool that all calls share.</summary>
    public static string Pooled(string connectionString, PostgreSqlStoreOptions options)
    {
        var builder = Complete(connectionString);
        if (options.PrepareStatements)
        {
            Default(builder, "Max Auto Prepare", () => builder.MaxAutoPrepare = 64);
            Default(builder, "Auto Prepare Min Usages", () => builder.AutoPrepareMinUsages = 2);
        }
        else
        {
            builder.MaxAutoPrepare = 0;
        }

        return builder.ConnectionString;
    }

    /// <summary>For connections that are opened once and kept: heartbeats must never wait for a pool.</summary>
    public static string Alone(string connectionString)
    {
        var builder = Complete(connectionString);
        builder.Pooling = false;
        builder.MaxAutoPrepare = 0;
        return builder.ConnectionString;
    }

    private static NpgsqlConnectionStringBuilder Complete(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            NoResetOnClose = true, // DISCARD ALL would double the transactions, and no session state is left behind.
            Enlist = false, // The engine's writes are no part of a caller's ambient transaction.
        };
        Default(builder, "Application Name", () => builder.ApplicationName = "Hydra");
        Default(builder, "Timeout", () => builder.Timeout = 5);
        Default(builder, "TCP Keepalive", () => builder.TcpKeepAlive = true);
        Default(builder, "TCP Keepalive Time", () => builder.TcpKeepAliveTime = 5);
        Default(builder, "TCP Keepalive Interval", () => builder.TcpKeepAliveInterval = 2);
        return builder;
    }

    private static void Default(NpgsqlConnectionStringBuilder builder, string keyword, Action set)
    {
        if (!builder.ShouldSerialize(keyword))
        {
            set();
        }
    }
}
