using Npgsql;

namespace Hydra.PostgreSql.Connections;

/// <summary>Completes a user's connection string with what the store needs; what the user has said stays.</summary>
internal static class ConnectionStrings
{
    // Where locks of strangers are in the way, each of three writers may try eight things beside its batches.
    private const int UsualSize = 48;

    // How long to listen, once what takes too long has been cancelled, in milliseconds. A COMMIT that waits for a
    // standby is answered as if it had succeeded then: the connection has to be closed instead, which leaves a doubt.
    private const int Never = -1;

    /// <summary>
    /// For the pool of what the engine does: two thirds of all. Npgsql lends the connections of a pool in turn, so a
    /// burst of reads must not open some there that all have to prepare the same statements.
    /// </summary>
    public static string Working(string connectionString, PostgreSqlStoreOptions options)
    {
        var builder = Pooled(connectionString, options);
        builder.CancellationTimeout = Never;
        return Limited(builder, Math.Max(1, builder.MaxPoolSize * 2 / 3));
    }

    /// <summary>For the pool of reads on behalf of callers and people: the rest.</summary>
    public static string Reading(string connectionString, PostgreSqlStoreOptions options)
    {
        var builder = Pooled(connectionString, options);
        return Limited(builder, builder.MaxPoolSize - Math.Min(builder.MaxPoolSize - 1, builder.MaxPoolSize * 2 / 3));
    }

    /// <summary>Refuses a data source of a user's that the store cannot work on.</summary>
    /// <exception cref="ArgumentException">It multiplexes.</exception>
    public static void Check(NpgsqlDataSource dataSource)
    {
        if (new NpgsqlConnectionStringBuilder(dataSource.ConnectionString).Multiplexing)
        {
            throw new ArgumentException(
                "The data source multiplexes, so statements of others would get into the store's transactions. Give "
                + "the store one without Multiplexing=true, or a connection string.",
                nameof(dataSource));
        }
    }

    /// <summary>How many connections of a pool that the engine shares with bodies are lent to those: a third.</summary>
    public static int MayLend(string connectionString) =>
        Math.Max(1, new NpgsqlConnectionStringBuilder(connectionString).MaxPoolSize / 3);

    /// <summary>
    /// For the pool of what bodies of steps write in, as large as the one for reads. Its connections are reset after
    /// use, since who knows what users set there.
    /// </summary>
    public static string Lending(string connectionString, PostgreSqlStoreOptions options) =>
        new NpgsqlConnectionStringBuilder(Reading(connectionString, options))
        {
            NoResetOnClose = false,
            CancellationTimeout = Never,
        }.ConnectionString;

    private static NpgsqlConnectionStringBuilder Pooled(string connectionString, PostgreSqlStoreOptions options)
    {
        var builder = Complete(connectionString);
        Default(builder, "Maximum Pool Size", () => builder.MaxPoolSize = UsualSize);
        if (options.PrepareStatements)
        {
            Default(builder, "Max Auto Prepare", () => builder.MaxAutoPrepare = 64);
            Default(builder, "Auto Prepare Min Usages", () => builder.AutoPrepareMinUsages = 2);
        }
        else
        {
            builder.MaxAutoPrepare = 0;
        }

        return builder;
    }

    private static string Limited(NpgsqlConnectionStringBuilder builder, int size)
    {
        builder.MaxPoolSize = size;
        builder.MinPoolSize = Math.Min(builder.MinPoolSize, size);
        return builder.ConnectionString;
    }

    /// <summary>For connections that are opened once and kept: heartbeats must never wait for a pool.</summary>
    public static string Alone(string connectionString)
    {
        var builder = Complete(connectionString);
        builder.Pooling = false;
        builder.MaxAutoPrepare = 0;
        builder.CancellationTimeout = Never;
        return builder.ConnectionString;
    }

    private static NpgsqlConnectionStringBuilder Complete(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            NoResetOnClose = true, // DISCARD ALL would double the transactions, and no session state is left behind.
            Enlist = false, // The engine's writes are no part of a caller's ambient transaction.
            Multiplexing = false, // Transactions need their connection to themselves.
            ClientEncoding = "UTF8", // As the driver writes text, whatever it is told that it had.
        };
        if (builder.CancellationTimeout == 0) // For ever.
        {
            builder.CancellationTimeout = Never;
        }

        Default(builder, "Application Name", () => builder.ApplicationName = "Hydra");
        Default(builder, "Timeout", () => builder.Timeout = 5);
        Default(builder, "TCP Keepalive", () => builder.TcpKeepAlive = true);
        Default(builder, "TCP Keepalive Time", () => builder.TcpKeepAliveTime = 5);
        Default(builder, "TCP Keepalive Interval", () => builder.TcpKeepAliveInterval = 2);
        if (builder.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            Default(builder, "Target Session Attributes", () => builder.TargetSessionAttributes = "read-write");
        }

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
