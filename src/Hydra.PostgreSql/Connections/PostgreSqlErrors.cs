using System.Net.Sockets;
using System.Text;
using Hydra.Relational.Errors;
using Npgsql;

namespace Hydra.PostgreSql.Connections;

/// <summary>Says of PostgreSQL's errors what is known of their effect, what they mean and what to do.</summary>
/// <remarks>
/// An error of a statement, COMMIT included, means that the transaction is undone. Only a connection that ends while
/// the answer to COMMIT is awaited leaves a doubt, whether the server tells why (severity FATAL or PANIC, class 08) or
/// not; but a server that ends a transaction because it idles has read no COMMIT.
/// </remarks>
internal sealed class PostgreSqlErrors(string schema) : StoreErrors
{
    private const string LockNotAvailable = "55P03";
    private const string InsufficientPrivilege = "42501";
    private const string IdleInTransaction = "25P03";

    /// <summary>What an error of the driver's tells of its transaction.</summary>
    public static TransactionFate? Judge(Exception exception) => exception switch
    {
        PostgresException { SqlState: IdleInTransaction } => TransactionFate.Undone,
        PostgresException server when EndsConnection(server) => TransactionFate.Unknown,
        PostgresException { SqlState: "40001" or "40P01" or LockNotAvailable } => TransactionFate.WorthRepeating,
        PostgresException => TransactionFate.Undone,
        _ => null,
    };

    /// <summary>Whether the server gave a statement up for the time that it took; the connection is whole.</summary>
    public static bool IsTooLong(Exception? exception) => exception is PostgresException { SqlState: "57014" };

    /// <summary>
    /// Whether the server gave a transaction up for the sake of others: one that only reads, too, where transactions
    /// are serializable by default. Begun again at once it does not meet the same ones.
    /// </summary>
    public static bool IsConflict(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure };

    /// <summary>Whether the server takes no writes, as one that was demoted: connections to it are of no use.</summary>
    public static bool IsReadOnly(Exception exception) => exception is PostgresException { SqlState: "25006" };

    public override bool IsLost(Exception exception) => exception switch
    {
        PostgresException server => EndsConnection(server) && !IsTrouble(server.SqlState),
        NpgsqlException { InnerException: TimeoutException } => false,
        _ => exception is NpgsqlException or SocketException or IOException,
    };

    protected override StoreException? TryTranslateDriver(Exception exception, Effect effect) => exception switch
    {
        PostgresException server when !EndsConnection(server) || server.SqlState == IdleInTransaction =>
            FromServer(server, effect),
        NpgsqlException { InnerException: EncoderFallbackException inner } => NotUnicode(inner),
        NpgsqlException or SocketException or IOException or TimeoutException => FromConnection(exception, effect),
        _ => null,
    };

    private static bool EndsConnection(PostgresException exception) =>
        exception.InvariantSeverity is "FATAL" or "PANIC"
        || exception.SqlState == "40003" // Whether a statement was completed is unknown, as the server says itself.
        || exception.SqlState.StartsWith("08", StringComparison.Ordinal);

    private static StoreException FromConnection(Exception exception, Effect effect) =>
        exception is PostgresException server && effect == Effect.None && IsTrouble(server.SqlState)
            ? new StoreException(
                StoreErrorKind.Unavailable,
                $"PostgreSQL does not let this program in ({server.SqlState}: {server.MessageText}). Check the "
                + "connection string, the role and its rights.",
                exception)
            : effect switch
            {
                Effect.None => new StoreException(
                    StoreErrorKind.NotSent,
                    $"PostgreSQL cannot be reached ({Describe(exception)}). Nothing was written; the call may be "
                    + "repeated.",
                    exception),
                Effect.Undone => new StoreException(
                    StoreErrorKind.RolledBack,
                    $"The connection to PostgreSQL was lost ({Describe(exception)}). Nothing was written; the call may "
                    + "be repeated.",
                    exception),
                _ => new StoreException(
                    StoreErrorKind.InDoubt,
                    $"The connection to PostgreSQL was lost while it committed ({Describe(exception)}). Whether it did "
                    + "is unknown. Commit the same again.",
                    exception),
            };

    private StoreException FromServer(PostgresException exception, Effect effect)
    {
        var (kind, message) = Explain(exception, effect);
        return new StoreException(kind, message, exception)
        {
            Blocked = exception.SqlState == LockNotAvailable,
            Denied = exception.SqlState == InsufficientPrivilege,
        };
    }

    private (StoreErrorKind Kind, string Message) Explain(PostgresException exception, Effect effect)
    {
        var said = $"{exception.SqlState}: {exception.MessageText}";
        var undone = effect == Effect.None ? StoreErrorKind.NotSent : StoreErrorKind.RolledBack;
        return exception.SqlState switch
        {
            LockNotAvailable => (undone,
                $"Another transaction has held a lock for too long ({said}). Nothing was written; the call may be "
                + "repeated. Look for a long transaction in pg_stat_activity."),
            "57014" => (undone,
                $"PostgreSQL took too long for a statement ({said}). Nothing was written; the call may be repeated."),
            ['4', '0', ..] or "55006" or "57P05" or IdleInTransaction => (undone,
                $"PostgreSQL gave the transaction up ({said}). Nothing was written; the call may be repeated."),
            "42P01" or "3F000" or "42703" or "42704" or "42883" => (StoreErrorKind.Unavailable,
                $"The tables in schema '{schema}' are missing or older than this version ({said}). "
                + "Migrate the database first, with 'hydra migrate' or by opening an engine with MigrateOnOpen."),
            "26000" or "42P05" => (StoreErrorKind.Unavailable,
                $"The server does not know what was prepared on it ({said}). Nothing was written. Behind a pooler in "
                + $"transaction mode set {nameof(PostgreSqlStoreOptions.PrepareStatements)} to false."),
            InsufficientPrivilege => (StoreErrorKind.Unavailable,
                $"The role may not do this ({said}). Nothing was written. Grant it the right, or use another role."),
            "25006" => (StoreErrorKind.Unavailable,
                $"The server takes no writes ({said}). Nothing was written. Connect to the primary."),
            ['2', '2', ..] or ['2', '3', ..] or ['5', '4', ..] or ['2', '1', ..] => (StoreErrorKind.Deterministic,
                $"PostgreSQL refuses the data ({said}). Nothing was written; repeating will not help."),
            ['4', '2', ..] or ['0', 'A', ..] => (StoreErrorKind.Deterministic,
                $"PostgreSQL rejects a statement ({said}). Nothing was written. Please report this."),
            _ => (StoreErrorKind.Unavailable,
                $"PostgreSQL cannot do it now ({said}). Nothing was written. See the server's log."),
        };
    }

    /// <summary>
    /// Whether a server that refuses connections will go on doing so until somebody changes something.
    /// </summary>
    private static bool IsTrouble(string sqlState) =>
        sqlState.StartsWith("28", StringComparison.Ordinal) || sqlState is "3D000" or InsufficientPrivilege;

    private static string Describe(Exception exception) =>
        exception is PostgresException server ? $"{server.SqlState}: {server.MessageText}"
        : exception.InnerException is { } inner ? $"{exception.Message} {inner.Message}"
        : exception.Message;
}
