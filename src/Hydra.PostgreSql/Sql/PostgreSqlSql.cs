using Hydra.Relational.Reading;

namespace Hydra.PostgreSql.Sql;

/// <summary>Every statement of the store, by topic, each readable in one piece.</summary>
/// <remarks>
/// $1 is always the namespace. Statements that need the time read the database's clock once; $2 is the earliest that it
/// can be, and $3 stands in for it in tests. Arrays are columns: their elements at one place are one row.
/// What nearly every batch sends unnests them one by one in a SELECT, which hands on row by row; FROM would store each
/// array by itself first.
/// State 6 is the first terminal one; owner 0 is nobody.
/// A handful of rows that is looked up in a large table is written so that it can be planned in one way only, whatever
/// the planner believes of the table: a read as LATERAL with OFFSET 0, an update, where that cannot be, with
/// ANY (ARRAY[shard]) and a namespace that is not a parameter. Otherwise, on a table without statistics, it walks the
/// whole table and looks for each of its rows in the handful.
/// </remarks>
/// <param name="schema">The quoted name of the schema; every table is named with it.</param>
internal sealed partial class PostgreSqlSql(string schema) : IQueryStatements
{
    /// <summary>Whatever the database's defaults are: later statements must see what the locks waited for.</summary>
    public static string Begin => "BEGIN ISOLATION LEVEL READ COMMITTED";

    public static string Commit => "COMMIT";

    /// <summary>
    /// $1 is how long to wait for a lock, $2 for a statement and $3 for a client that stands still, in milliseconds.
    /// They end with the transaction, as do those for the planner. It is to plan a prepared statement once, which costs
    /// more than executing it; without knowing how large the tables will be, so it must not scan or hash them whole. A
    /// plan of that kind is costed as absurdly dear, and would be compiled.
    /// </summary>
    [StringSyntax("sql")]
    public static string TransactionSettings => """
        SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
               set_config('idle_in_transaction_session_timeout', $3, true), set_config('enable_seqscan', 'off', true),
               set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
               set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)
        """;

    /// <summary>The same for the planner alone, for a handful of rows that is only read.</summary>
    [StringSyntax("sql")]
    public static string LookupSettings => """
        SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
               set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
               set_config('jit', 'off', true)
        """;

    /// <summary>
    /// $1 is how long each statement that is sent together with it may take, in milliseconds; one that is sent alone is
    /// a transaction with what follows it, as far as the next wait for answers.
    /// </summary>
    [StringSyntax("sql")]
    public static string LimitStatements => "SELECT set_config('statement_timeout', $1, true)";

    /// <summary>The same, which also answers whether the server takes no writes, as one that was demoted.</summary>
    [StringSyntax("sql")]
    public static string LimitReads => """
        SELECT set_config('statement_timeout', $1, true), current_setting('transaction_read_only')::boolean
        """;

    [StringSyntax("sql")]
    public static string ReadNow => """
        SELECT greatest($1::bigint, coalesce($2::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint))
        """;

    /// <summary>$1 is the channel, $2 who tells.</summary>
    [StringSyntax("sql")]
    public static string Notify => "SELECT pg_notify($1, $2)";
}
