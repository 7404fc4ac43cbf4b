using Hydra.Relational.Reading;

namespace Hydra.MySql.Sql;

/// <summary>Every statement of the store, by topic, each readable in one piece.</summary>
/// <remarks>
/// Only what both databases have. @namespace is always the namespace. @rows is a JSON array of rows, each an array,
/// with ids and texts in hexadecimal. It is joined first and in its own order (STRAIGHT_JOIN), which is so that of
/// the locks, and by a forced index: statistics lag behind, and the scan of a table that they take for small would
/// wait for locks of rows that it is not about. That no build has refused is asked as a value that IS NULL: NOT
/// EXISTS may be answered by reading all refusals there are. Where rows are new, literals take the place of {rows}
/// in VALUES instead; statements about one execution have @shard and @id. What locks takes @rows from a derived
/// table, because MySQL refuses FOR UPDATE beside JSON_TABLE. What begins with @hydra_ is a variable of the
/// session, set and used within one round trip, and everything else that does with @ a parameter: other variables
/// are those of users, in whose sessions some statements run. Text comes back from its bytes by CONVERT. State 6 is
/// the first terminal one; holder 0 is nobody, below are paused and blocked ones.
/// </remarks>
/// <param name="prefix">What the name of every table begins with.</param>
internal sealed partial class MySqlSql(string prefix) : IQueryStatements
{
    /// <summary>Whatever the server's default is: later statements must see what the locks waited for.</summary>
    public static string Isolate => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";

    /// <summary>For looks at what another transaction may be about to write.</summary>
    public static string SeeUncommitted => "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED";

    /// <summary>Statements up to <see cref="EndBlock"/> are one. Only MariaDB has it.</summary>
    public static string BeginBlock => "BEGIN NOT ATOMIC";

    public static string EndBlock => "END";

    public static string Begin => "START TRANSACTION";

    public static string Commit => "COMMIT";

    public static string Rollback => "ROLLBACK";

    /// <summary>
    /// How long the server keeps a connection whose client stands still within a transaction, in seconds.
    /// </summary>
    [StringSyntax("sql")]
    public static string SetPatience => "SET SESSION wait_timeout = @seconds";

    /// <summary>
    /// The same for the transaction of a step, and how long a statement in it waits for a lock, unless the server or
    /// the connection has stricter bounds. MySQL takes nothing but integers for them, which the least of two is not.
    /// </summary>
    [StringSyntax("sql")]
    public static string SetStepPatience => """
        SET SESSION wait_timeout = CAST(LEAST(@@SESSION.wait_timeout, @seconds) AS UNSIGNED),
            SESSION innodb_lock_wait_timeout =
              CAST(LEAST(@@SESSION.innodb_lock_wait_timeout, @lockSeconds) AS UNSIGNED)
        """;

    [StringSyntax("sql")]
    public static string ResetPatience => "SET SESSION wait_timeout = DEFAULT";

    /// <summary>Whether the server takes no writes, as one that was demoted.</summary>
    public static string TakesNoWrites => "SELECT @@read_only";

    /// <summary>
    /// Sets the time for what follows: @fixed stands in for the database's clock in tests, @floor is the earliest that
    /// it can be. In microseconds, and by UTC, since local time is ambiguous for an hour a year.
    /// </summary>
    [StringSyntax("sql")]
    public static string SetNow => """
        SET @hydra_now = GREATEST(@floor, COALESCE(@fixed, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))))
        """;

    [StringSyntax("sql")]
    public static string ReadNow => "SELECT CAST(@hydra_now AS SIGNED)";

    /// <summary>
    /// Fails unless the statement before it has found so many rows: the sum would be out of the range of its type.
    /// </summary>
    [StringSyntax("sql")]
    public static string AssertCount => "SELECT 18446744073709551615 + (ROW_COUNT() <> @count)";
}
