namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    [StringSyntax("sql")]
    public const string FindExecution = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at, waits_for
        FROM hydra_executions
        WHERE namespace = ?1 AND id = ?2
        """;

    /// <summary>?2 is the key.</summary>
    [StringSyntax("sql")]
    public const string FindExecutionByKey = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at, waits_for
        FROM hydra_executions
        WHERE namespace = ?1 AND key = ?2
        """;

    /// <summary>
    /// The newest, since ids sort by their time: ?2 is the id before which to begin, ?3 the state and ?4 the workflow,
    /// or NULL, ?5 how many.
    /// </summary>
    [StringSyntax("sql")]
    public const string ListExecutions = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at, waits_for
        FROM hydra_executions
        WHERE namespace = ?1 AND id < ?2 AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR workflow = ?4)
        ORDER BY id DESC
        LIMIT ?5
        """;

    /// <summary>The same for one of the states that are rare: blocked, failed, cancelled or timed out.</summary>
    [StringSyntax("sql")]
    public const string ListTroubled = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at, waits_for
        FROM hydra_executions INDEXED BY hydra_executions_troubled
        WHERE namespace = ?1 AND state >= 5 AND state <> 6 AND state = ?3 AND id < ?2 AND (?4 IS NULL OR workflow = ?4)
        ORDER BY id DESC
        LIMIT ?5
        """;

    /// <summary>The same for what is running.</summary>
    [StringSyntax("sql")]
    public const string ListOwned = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at, waits_for
        FROM hydra_executions INDEXED BY hydra_executions_owned
        WHERE namespace = ?1 AND owner > 0 AND state = ?3 AND id < ?2 AND (?4 IS NULL OR workflow = ?4)
        ORDER BY id DESC
        LIMIT ?5
        """;

    /// <summary>The same for what is pending, sleeping or waiting.</summary>
    [StringSyntax("sql")]
    public const string ListDue = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at, waits_for
        FROM hydra_executions INDEXED BY hydra_executions_due
        WHERE namespace = ?1 AND owner = 0 AND state < 4 AND state = ?3 AND id < ?2 AND (?4 IS NULL OR workflow = ?4)
        ORDER BY id DESC
        LIMIT ?5
        """;

    /// <summary>?3 is the seq behind which it begins, ?4 how many entries.</summary>
    [StringSyntax("sql")]
    public const string ReadJournal = """
        SELECT seq, kind, key, position, ordinal, failed, input, output, at, started_at, attempt, epoch, origin_seq,
               worker
        FROM hydra_journal
        WHERE execution = (SELECT number FROM hydra_executions WHERE namespace = ?1 AND id = ?2)
          AND seq > ?3
        ORDER BY seq
        LIMIT ?4
        """;

    [StringSyntax("sql")]
    public const string ReadTries = """
        SELECT key, attempt, epoch, phase, execution_attempt, input, failure, started_at, ended_at, retry_at, worker,
               output
        FROM hydra_attempts
        WHERE execution = (SELECT number FROM hydra_executions WHERE namespace = ?1 AND id = ?2)
        ORDER BY key, attempt, epoch, phase
        """;

    [StringSyntax("sql")]
    public const string ReadCrashes = """
        SELECT epoch, session, worker, at
        FROM hydra_crashes
        WHERE execution = (SELECT number FROM hydra_executions WHERE namespace = ?1 AND id = ?2)
        ORDER BY epoch
        """;

    [StringSyntax("sql")]
    public const string ReadRefusals = """
        SELECT build, difference, at
        FROM hydra_refusals
        WHERE execution = (SELECT number FROM hydra_executions WHERE namespace = ?1 AND id = ?2)
        ORDER BY at, build
        """;

    [StringSyntax("sql")]
    public const string ReadNow = "SELECT count(*) FROM hydra_sessions WHERE namespace = ?1 AND id = 0";

    [StringSyntax("sql")]
    public const string FindOrigin = """
        SELECT e.id, o.kind, o.source, o.name, o.seq, o.at, o.edits
        FROM hydra_executions AS e
        JOIN hydra_origins AS o ON o.execution = e.number
        WHERE e.namespace = ?1 AND e.id = ?2
        """;

    /// <summary>?2 is the source, ?3 the id behind which it begins, or NULL, ?4 how many.</summary>
    [StringSyntax("sql")]
    public const string ListDescendants = """
        SELECT e.id, o.kind, o.source, o.name, o.seq, o.at, o.edits
        FROM hydra_origins AS o INDEXED BY hydra_origins_source
        CROSS JOIN hydra_executions AS e
        WHERE o.source = ?2 AND e.number = o.execution AND e.namespace = ?1 AND (?3 IS NULL OR e.id > ?3)
        ORDER BY e.id
        LIMIT ?4
        """;
}
