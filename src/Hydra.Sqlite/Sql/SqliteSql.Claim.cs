namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>
    /// What is due in one level, the oldest first: ?2 is the workflow, ?3 whether suspects are wanted or the others, ?4
    /// the priority, ?5 until when it is due, ?6 how many. Read from the index alone.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadDue = """
        SELECT id, due_at
        FROM hydra_executions INDEXED BY hydra_executions_live
        WHERE namespace = ?1 AND owner = 0 AND workflow = ?2 AND (barren_crashes >= 2) = ?3 AND priority = ?4
          AND due_at <= ?5 AND state < 6
        ORDER BY due_at
        LIMIT ?6
        """;

    /// <summary>
    /// Whether something is due, and what is due next: ?2 are the workflows as JSON, ?3 is now, ?4 whether a suspect
    /// counts. One look into the index for each workflow, priority and kind.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadNextDue = """
        WITH levels (suspect, priority) AS (VALUES (0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3))
        SELECT
          max(suspect <= ?4 AND EXISTS (
            SELECT 1
            FROM hydra_executions INDEXED BY hydra_executions_live
            WHERE namespace = ?1 AND owner = 0 AND workflow = known.value AND (barren_crashes >= 2) = levels.suspect
              AND hydra_executions.priority = levels.priority AND due_at <= ?3 AND state < 6)),
          min((
            SELECT due_at
            FROM hydra_executions INDEXED BY hydra_executions_live
            WHERE namespace = ?1 AND owner = 0 AND workflow = known.value AND (barren_crashes >= 2) = levels.suspect
              AND hydra_executions.priority = levels.priority AND due_at > ?3 AND state < 6
            ORDER BY due_at
            LIMIT 1))
        FROM json_each(?2) AS known CROSS JOIN levels
        """;

    /// <summary>?4 is the session, ?5 the time. Answers the row as it is from now on.</summary>
    [StringSyntax("sql")]
    public const string Take = """
        UPDATE hydra_executions
        SET owner = ?4, epoch = epoch + 1, state = 1, backing_off = 0, started_at = coalesce(started_at, ?5)
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3 AND owner = 0 AND state < 5
        RETURNING id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt,
                  max_attempts, retry_backoff, last_seq, mail, requests,
                  crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
                  input_hash, created_at, started_at, finished_at
        """;

    /// <summary>?4 is the seq behind which it begins, ?5 how many entries.</summary>
    [StringSyntax("sql")]
    public const string ReadJournal = """
        SELECT seq, kind, key, position, ordinal, failed, input, output, at,
               started_at, attempt, epoch, origin_seq, worker
        FROM hydra_journal
        WHERE shard = ?2 AND namespace = ?1 AND execution = ?3 AND seq > ?4
        ORDER BY seq
        LIMIT ?5
        """;

    [StringSyntax("sql")]
    public const string ReadTries = """
        SELECT key, attempt, epoch, phase, execution_attempt, input, failure, started_at, ended_at, retry_at, worker
        FROM hydra_attempts
        WHERE shard = ?2 AND namespace = ?1 AND execution = ?3
        ORDER BY key, attempt, epoch, phase
        """;
}
