using System.Net.Sockets;
using Hydra.Relational.Errors;
using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>Says of the servers' errors what is known of their effect, what they mean and what to do.</summary>
/// <remarks>
/// The server stops at the first statement that fails, so its error means that COMMIT, which is the last, was not run,
/// and the transaction will be undone. Only a connection that ends while the answer is awaited leaves a doubt, and an
/// error that COMMIT itself may have met when it was under way: an interruption, or one of its own.
/// </remarks>
internal sealed class MySqlErrors(string prefix) : StoreErrors
{
    /// <summary>What an error of the driver's tells of its transaction.</summary>
    public static TransactionFate? Judge(Exception exception) => exception switch
    {
        MySqlException server when EndsConnection(server) => TransactionFate.Unknown,
        MySqlException { Number: 1213 or 1205 or 1020 or 3101 or 3572 } => TransactionFate.WorthRepeating,
        MySqlException => TransactionFate.Undone,
        _ => null,
    };

    /// <summary>Whether the server gave a statement up for the time that it took; the connection is whole.</summary>
    public static bool IsTooLong(Exception exception) => exception is MySqlException { Number: 1969 or 3024 };

    /// <summary>Whether the server takes no writes, as one that was demoted: connections to it are of no use.</summary>
    public static bool IsReadOnly(Exception exception) =>
        exception is MySqlException { Number: 1290 or 1792 or 1836 or 1223 };

    public override bool IsLost(Exception exception) => exception switch
    {
        MySqlException { ErrorCode: MySqlErrorCode.CommandTimeoutExpired } => false,
        MySqlException { Number: 1317 or 1969 or 3024 } => false, // A limit of time, and the connection is whole.
        MySqlException server => EndsConnection(server),
        _ => exception is SocketException or IOException,
    };

    protected override StoreException? TryTranslateDriver(Exception exception, Effect effect) => exception switch
    {
        MySqlException server when !EndsConnection(server) => FromServer(server, effect),
        MySqlException or SocketException or IOException or TimeoutException => FromConnection(exception, effect),
        _ => null,
    };

    /// <summary>Whether the connection is over, or a statement was cut off that may have been COMMIT.</summary>
    private static bool EndsConnection(MySqlException exception) => exception.Number is
        <= 0 // The driver's own: a broken connection, an answer that has not come in time.
        or 1040 or 1041 or 1042 or 1043 // Not let in now: too many, out of memory, no host, no handshake.
        or 1053 or 1077 or 1078 or 1079 // The server shuts down.
        or 1152 or (>= 1158 and <= 1161) or 1184 // The connection was aborted.
        or 1129 or 1203 or 1226 // Too many errors or connections of this host or user.
        or 1317 or 1927 or 1969 or 3024 or 3168 or 4031 // Interrupted or killed, by a person or a limit of time.
        or 1180 or 1181 // An error during COMMIT or ROLLBACK.
        or (>= 2000 and <= 2099); // The client's own.

    private static StoreException FromConnection(Exception exception, Effect effect) => effect switch
    {
        Effect.None => new StoreException(
            StoreErrorKind.NotSent,
            $"MySQL cannot be reached ({Describe(exception)}). Nothing was written; the call may be repeated.",
            exception),
        Effect.Undone => new StoreException(
            StoreErrorKind.RolledBack,
            $"The connection to MySQL was lost ({Describe(exception)}). Nothing was written; the call may be repeated.",
            exception),
        _ => new StoreException(
            StoreErrorKind.InDoubt,
            $"The connection to MySQL was lost while it committed ({Describe(exception)}). Whether it did is unknown. "
            + "Commit the same again.",
            exception),
    };

    private StoreException FromServer(MySqlException exception, Effect effect)
    {
        var (kind, message) = Explain(exception, effect);
        return new StoreException(kind, message, exception)
        {
            Blocked = exception.Number is 1205 or 3572,
            Denied = exception.Number is 1142 or 1143,
        };
    }

    private (StoreErrorKind Kind, string Message) Explain(MySqlException exception, Effect effect)
    {
        var said = $"{exception.Number}: {exception.Message}";
        var undone = effect == Effect.None ? StoreErrorKind.NotSent : StoreErrorKind.RolledBack;
        return exception.Number switch
        {
            1205 or 3572 => (undone,
                $"Another transaction has held a lock for too long ({said}). Nothing was written; the call may be "
                + "repeated. Look for a long transaction in information_schema.innodb_trx."),
            1213 or 1020 or 1062 or 1614 or 3101 => (undone,
                $"MySQL gave the transaction up for another ({said}). Nothing was written; the call may be repeated."),
            1146 or 1054 or 1356 => (StoreErrorKind.Unavailable,
                $"The tables whose names begin with '{prefix}' are missing or older than this version ({said}). "
                + "Migrate the database first, with 'hydra migrate' or by opening an engine with MigrateOnOpen."),
            1044 or 1045 or 1049 or 1130 or 1698 or 1862 or 3118 or 4151 => (StoreErrorKind.Unavailable,
                $"MySQL does not let this program in ({said}). Check the connection string, the user and its rights."),
            1193 => (StoreErrorKind.Unavailable,
                $"The server is not what it says to be ({said}): MariaDB and MySQL do not have the same settings. "
                + "Nothing was written. Let the proxy in between announce the version of the server, and name MariaDB "
                + "in it if it is one."),
            1142 or 1143 or 1227 or 1370 => (StoreErrorKind.Unavailable,
                $"The user may not do this ({said}). Nothing was written. Grant it the right, or use another one."),
            1290 or 1792 or 1836 or 1223 => (StoreErrorKind.Unavailable,
                $"The server takes no writes ({said}). Nothing was written. Connect to the primary."),
            1104 => (StoreErrorKind.Unavailable,
                $"The connection may not look at so much at once ({said}). Nothing was written. Set sql_big_selects to "
                + "1, or raise max_join_size."),
            1366 or 3819 => (StoreErrorKind.Deterministic,
                $"MySQL refuses the data ({said}). Nothing was written; repeating will not help."),
            1153 or 1301 => (StoreErrorKind.Deterministic,
                $"It is more than the server takes at once ({said}). Nothing was written. Raise max_allowed_packet."),
            _ => FromState(exception.SqlState ?? "", said),
        };
    }

    private static (StoreErrorKind Kind, string Message) FromState(string sqlState, string said) => sqlState switch
    {
        ['2', '2', ..] or ['2', '3', ..] or ['2', '1', ..] => (StoreErrorKind.Deterministic,
            $"MySQL refuses the data ({said}). Nothing was written; repeating will not help."),
        ['4', '2', ..] or ['0', 'A', ..] => (StoreErrorKind.Deterministic,
            $"MySQL rejects a statement ({said}). Nothing was written. Please report this."),
        _ => (StoreErrorKind.Unavailable,
            $"MySQL cannot do it now ({said}). Nothing was written. See the server's log."),
    };

    private static string Describe(Exception exception) =>
        exception is MySqlException { Number: > 0 } server ? $"{server.Number}: {server.Message}"
        : exception.InnerException is { } inner ? $"{exception.Message} {inner.Message}"
        : exception.Message;
}
