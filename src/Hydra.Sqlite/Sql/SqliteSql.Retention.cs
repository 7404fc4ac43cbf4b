namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>
    /// Executions that may have ended: ?2 is the id behind which to begin, ?3 that before which to end, ?4 how many.
    /// </summary>
    [StringSyntax("sql")]
    public const string ListEnded = """
        SELECT id, workflow, state, epoch, last_seq, finished_at
        FROM hydra_executions
        WHERE namespace = ?1 AND id > ?2 AND id < ?3
        ORDER BY id
        LIMIT ?4
        """;

    /// <summary>The number of an execution that has ended: ?2 is the id, ?3 the epoch.</summary>
    [StringSyntax("sql")]
    public const string FindEnded = """
        SELECT number FROM hydra_executions WHERE namespace = ?1 AND id = ?2 AND epoch = ?3 AND state >= 6
        """;

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string DeleteJournal = "DELETE FROM hydra_journal WHERE execution = ?1";

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string DeleteAttempts = "DELETE FROM hydra_attempts WHERE execution = ?1";

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string DeleteCrashes = "DELETE FROM hydra_crashes WHERE execution = ?1";

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string DeleteRefusals = "DELETE FROM hydra_refusals WHERE execution = ?1";

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string DeleteOrigin = "DELETE FROM hydra_origins WHERE execution = ?1";

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string DeleteExecution = "DELETE FROM hydra_executions WHERE number = ?1";
}
