namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>?2 is the session that asks. One row when it exists.</summary>
    [StringSyntax("sql")]
    public const string ReadPunctuality = """
        SELECT last_beat_at, on_time_since, heartbeat_interval, claim_timeout
        FROM hydra_sessions
        WHERE namespace = ?1 AND id = ?2
        """;

    /// <summary>?2 is the session that asks, ?3 is now.</summary>
    [StringSyntax("sql")]
    public const string DeleteExpiredSessions = """
        DELETE FROM hydra_sessions
        WHERE namespace = ?1 AND id <> ?2 AND expires_at <= ?3
        RETURNING id, worker
        """;

    /// <summary>?2 is the session that asks.</summary>
    [StringSyntax("sql")]
    public const string ReadNextExpiry = "SELECT min(expires_at) FROM hydra_sessions WHERE namespace = ?1 AND id <> ?2";

    /// <summary>
    /// ?2 is the owner behind which to look for the next: a walk over owners, not over what they own.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadNextOwner = """
        SELECT owner
        FROM hydra_executions INDEXED BY hydra_executions_owned
        WHERE namespace = ?1 AND owner > ?2 AND owner > 0
        ORDER BY owner
        LIMIT 1
        """;

    /// <summary>?2 is the owner, ?3 from how many crashes on it is a suspect. Progress clears suspicion.</summary>
    [StringSyntax("sql")]
    public const string CountSuspects = """
        SELECT count(*)
        FROM hydra_executions AS e INDEXED BY hydra_executions_owned
        WHERE e.namespace = ?1 AND e.owner = ?2 AND e.owner > 0 AND e.barren_crashes >= ?3
          AND NOT EXISTS (SELECT 1 FROM hydra_journal AS j WHERE j.execution = e.number AND j.seq > e.crash_seq)
        """;

    /// <summary>
    /// ?2 is the owner, ?3 how many. Suspects come first, so that counting them again for a later page finds none.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadOrphans = """
        SELECT id
        FROM hydra_executions INDEXED BY hydra_executions_owned
        WHERE namespace = ?1 AND owner = ?2 AND owner > 0
        ORDER BY barren_crashes DESC
        LIMIT ?3
        """;

    /// <summary>
    /// ?1 is a session that is no more, but owned more than one page: its crashes so far name its worker. It is asked
    /// for seldom, and crashes are few, so no index is kept for it.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadBuriedWorker = "SELECT worker FROM hydra_crashes WHERE session = ?1 LIMIT 1";

    /// <summary>?1 is the number, ?2 the epoch that ended, ?3 the session, ?4 its worker, ?5 the time.</summary>
    [StringSyntax("sql")]
    public const string InsertCrash = """
        INSERT INTO hydra_crashes (execution, epoch, session, worker, at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """;

    /// <summary>
    /// ?2 is now, ?4 how many. Those whose code might still be told are ended when they could have been
    /// claimed for it since ?3.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadPastDeadline = """
        SELECT id
        FROM hydra_executions INDEXED BY hydra_executions_deadline
        WHERE namespace = ?1 AND deadline IS NOT NULL AND deadline <= ?2 AND deadline_delivered = 0 AND state < 6
          AND owner = 0 AND (started_at IS NULL OR backing_off = 1 OR state = 5
               OR (deadline <= ?3 AND due_at <= ?3))
        ORDER BY deadline
        LIMIT ?4
        """;

    /// <summary>?2 is the build, ?3 how many, ?4 the session, which has to know the workflow.</summary>
    [StringSyntax("sql")]
    public const string ReadBlockedForOthers = """
        SELECT e.number, e.id
        FROM hydra_executions AS e INDEXED BY hydra_executions_troubled
        WHERE e.namespace = ?1 AND e.state >= 5 AND e.state <> 6 AND e.state = 5 AND e.blocked_reason = 1
          AND e.workflow IN (
            SELECT known.value
            FROM hydra_sessions AS s CROSS JOIN json_each(s.workflows) AS known
            WHERE s.namespace = ?1 AND s.id = ?4)
          AND NOT EXISTS (SELECT 1 FROM hydra_refusals AS r WHERE r.execution = e.number AND r.build = ?2)
        LIMIT ?3
        """;

    /// <summary>?2 is the number, ?3 is now.</summary>
    [StringSyntax("sql")]
    public const string Unblock = """
        UPDATE hydra_executions
        SET state = 0, blocked_reason = 0, due_at = ?3
        WHERE number = ?2 AND namespace = ?1 AND owner = 0 AND state = 5 AND blocked_reason = 1
        """;
}
