namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string ReadEnd = """
        SELECT failed, worker, output
        FROM hydra_journal
        WHERE execution = ?1
        ORDER BY seq DESC
        LIMIT 1
        """;

    /// <summary>
    /// What decides about a retry: ?2 is the number, ?3 is now. Whether a failed try (phase 1) makes it wait.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadRetry = """
        SELECT last_retry, due_at, blocked_reason,
               EXISTS (
                 SELECT 1
                 FROM hydra_attempts AS f
                 WHERE f.execution = ?2 AND f.phase = 1 AND f.execution_attempt = e.attempt AND f.epoch > e.retry_epoch
                   AND f.retry_at > ?3)
        FROM hydra_executions AS e
        WHERE number = ?2 AND namespace = ?1
        """;

    /// <summary>
    /// ?2 is the number, ?3 is now, ?4 the number of the retry, ?5 whether it was quarantined. State 5 is blocked.
    /// </summary>
    [StringSyntax("sql")]
    public const string Retry = """
        UPDATE hydra_executions
        SET state = CASE state WHEN 5 THEN 0 ELSE state END,
            blocked_reason = 0,
            due_at = min(due_at, ?3),
            retry_epoch = epoch,
            last_retry = ?4,
            barren_crashes = CASE ?5 WHEN 1 THEN 0 ELSE barren_crashes END,
            sole_suspect_crashes = CASE ?5 WHEN 1 THEN 0 ELSE sole_suspect_crashes END
        WHERE number = ?2 AND namespace = ?1 AND owner = 0 AND state < 6
        """;

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string ForgetRefusals = "DELETE FROM hydra_refusals WHERE execution = ?1";
}
