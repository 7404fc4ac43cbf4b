namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>
    /// What is due in one level, the oldest first: ?2 is the workflow, ?3 whether suspects are wanted or the others, ?4
    /// the priority, ?5 until when it is due, ?6 how many, ?7 the session, whose build must not have refused it. Read
    /// from the index alone, but for that.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadDue = """
        SELECT e.number, e.due_at
        FROM hydra_executions AS e INDEXED BY hydra_executions_due
        WHERE e.namespace = ?1 AND e.owner = 0 AND e.workflow = ?2 AND (e.barren_crashes >= 2) = ?3
          AND e.priority = ?4 AND e.due_at <= ?5 AND e.state < 4
          AND NOT EXISTS (
            SELECT 1
            FROM hydra_refusals AS r
            WHERE r.execution = e.number
              AND r.build = (SELECT s.build FROM hydra_sessions AS s WHERE s.namespace = ?1 AND s.id = ?7))
        ORDER BY e.due_at
        LIMIT ?6
        """;

    /// <summary>
    /// What is due first: ?2 are the workflows as JSON, ?3 is after when, ?4 the same for suspects, ?5 the session,
    /// whose build must not have refused it. One look into the index for each workflow, priority and kind. NULL when
    /// there is nothing.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadFirstDue = """
        WITH levels (suspect, priority) AS (VALUES (0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3))
        SELECT min((
          SELECT e.due_at
          FROM hydra_executions AS e INDEXED BY hydra_executions_due
          WHERE e.namespace = ?1 AND e.owner = 0 AND e.workflow = known.value
            AND (e.barren_crashes >= 2) = levels.suspect AND e.priority = levels.priority
            AND e.due_at > CASE levels.suspect WHEN 0 THEN ?3 ELSE ?4 END AND e.state < 4
            AND NOT EXISTS (
              SELECT 1
              FROM hydra_refusals AS r
              WHERE r.execution = e.number
                AND r.build = (SELECT s.build FROM hydra_sessions AS s WHERE s.namespace = ?1 AND s.id = ?5))
          ORDER BY e.due_at
          LIMIT 1))
        FROM json_each(?2) AS known CROSS JOIN levels
        """;

    /// <summary>?2 is the number, ?3 the session, ?4 the time. Answers the row as it is from now on.</summary>
    [StringSyntax("sql")]
    public const string Take = """
        UPDATE hydra_executions
        SET owner = ?3, epoch = epoch + 1, state = 1, backing_off = 0, started_at = coalesce(started_at, ?4)
        WHERE number = ?2 AND namespace = ?1 AND owner = 0 AND state < 4
        RETURNING id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt,
                  max_attempts, retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes,
                  blocked_reason, input_hash, created_at, started_at, finished_at, waits_for
        """;

    /// <summary>?1 is the number, ?2 the seq behind which to begin.</summary>
    [StringSyntax("sql")]
    public const string ReadClaimedJournal = """
        SELECT seq, kind, key, position, ordinal, failed, input, output, at, started_at, attempt, epoch, origin_seq,
               worker
        FROM hydra_journal
        WHERE execution = ?1 AND seq > ?2
        ORDER BY seq
        """;

    /// <summary>
    /// ?1 is the number. Phase 1 is failed, 3 and 4 are begun once and taken back, 5 has landed, unless it is a bar,
    /// which has a failure; the payloads are not touched.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadTried = """
        SELECT last.key, last.attempt, last.execution_attempt,
               (SELECT count(*)
                FROM hydra_attempts AS f
                WHERE f.execution = ?1 AND f.key = last.key AND f.phase = 1
                  AND f.execution_attempt = last.execution_attempt),
               CASE WHEN last.epoch > (SELECT retry_epoch FROM hydra_executions WHERE number = ?1)
                    THEN last.retry_at END,
               last.phase
        FROM hydra_attempts AS last
        WHERE last.execution = ?1 AND (last.phase IN (1, 3, 4) OR (last.phase = 5 AND last.failure IS NULL))
          AND NOT EXISTS (
            SELECT 1
            FROM hydra_attempts AS later
            WHERE later.execution = ?1 AND later.key = last.key
              AND (later.phase IN (1, 3, 4) OR (later.phase = 5 AND later.failure IS NULL))
              AND (later.attempt, later.epoch, later.phase) > (last.attempt, last.epoch, last.phase))
        ORDER BY last.key
        """;
}
