namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>?2 is the session, ?9 is now. Opened again, as after a doubt, it starts anew.</summary>
    [StringSyntax("sql")]
    public const string OpenSession = """
        INSERT INTO hydra_sessions (
          namespace, id, worker, build, host, workflows, concurrency, heartbeat_interval, claim_timeout,
          started_at, last_beat_at, on_time_since, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?10, ?9, ?9, ?9, ?9 + ?10)
        ON CONFLICT (namespace, id) DO UPDATE
        SET last_beat_at = excluded.last_beat_at, on_time_since = excluded.on_time_since,
            expires_at = excluded.expires_at
        """;

    /// <summary>
    /// Sessions whose last beat lies behind ?1. A file has one clock, so all namespaces are looked at.
    /// </summary>
    [StringSyntax("sql")]
    public const string ReadAhead = """
        SELECT namespace, id, last_beat_at, heartbeat_interval
        FROM hydra_sessions
        WHERE last_beat_at > ?1
        """;

    /// <summary>
    /// Lets the lease of a session run from ?4, which is now: ?2 is the session, ?3 the beat that it was seen with.
    /// </summary>
    [StringSyntax("sql")]
    public const string BringBack = """
        UPDATE hydra_sessions
        SET last_beat_at = ?4, on_time_since = ?4, expires_at = ?4 + claim_timeout
        WHERE namespace = ?1 AND id = ?2 AND last_beat_at = ?3
        """;

    /// <summary>?2 is the session, ?3 is now. "On time" starts anew after a gap that is negative or too long.</summary>
    [StringSyntax("sql")]
    public const string Beat = """
        UPDATE hydra_sessions
        SET on_time_since = CASE WHEN ?3 < last_beat_at OR (?3 - last_beat_at) * 2 > claim_timeout
                                 THEN ?3 ELSE on_time_since END,
            last_beat_at = ?3,
            expires_at = ?3 + claim_timeout
        WHERE namespace = ?1 AND id = ?2
        """;

    /// <summary>?2 is the session.</summary>
    [StringSyntax("sql")]
    public const string ReadOwned = """
        SELECT id, epoch, mail, requests
        FROM hydra_executions INDEXED BY hydra_executions_owned
        WHERE namespace = ?1 AND owner = ?2 AND owner > 0
        """;

    /// <summary>?2 is the session.</summary>
    [StringSyntax("sql")]
    public const string ReadOwnedNumbers = """
        SELECT number
        FROM hydra_executions INDEXED BY hydra_executions_owned
        WHERE namespace = ?1 AND owner = ?2 AND owner > 0
        """;

    /// <summary>?2 is the session.</summary>
    [StringSyntax("sql")]
    public const string SessionExists = "SELECT 1 FROM hydra_sessions WHERE namespace = ?1 AND id = ?2";

    /// <summary>?2 is the session.</summary>
    [StringSyntax("sql")]
    public const string DeleteSession = "DELETE FROM hydra_sessions WHERE namespace = ?1 AND id = ?2";

    /// <summary>
    /// ?2 is the number, ?3 the owner, ?4 is now. The epoch stays: this is no crash.
    /// </summary>
    [StringSyntax("sql")]
    public const string HandBack = """
        UPDATE hydra_executions
        SET state = 0, owner = 0, due_at = ?4,
            last_seq = (SELECT max(seq) FROM hydra_journal WHERE execution = ?2)
        WHERE number = ?2 AND namespace = ?1 AND owner = ?3
        """;

    [StringSyntax("sql")]
    public const string ListSessions = """
        SELECT id, worker, build, host, workflows, concurrency, heartbeat_interval, claim_timeout,
               started_at, last_beat_at, on_time_since, expires_at
        FROM hydra_sessions
        WHERE namespace = ?1
        ORDER BY worker, id
        """;
}
