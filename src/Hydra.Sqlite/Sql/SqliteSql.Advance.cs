namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>
    /// An execution with all that decides about it: ?2 is the id. The write lock of the file is the lock on the row.
    /// </summary>
    [StringSyntax("sql")]
    public const string LockExecution = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at, waits_for, crash_seq, backing_off, deadline_delivered,
               retry_epoch, last_retry, number
        FROM hydra_executions
        WHERE namespace = ?1 AND id = ?2
        """;

    /// <summary>The end of a journal: ?1 is the number, ?2 the seq from which on.</summary>
    [StringSyntax("sql")]
    public const string ReadTail = """
        SELECT seq, epoch, at
        FROM hydra_journal
        WHERE execution = ?1 AND seq >= ?2
        ORDER BY seq
        """;

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string ReadLastEntry = """
        SELECT seq, epoch, at
        FROM hydra_journal
        WHERE execution = ?1
        ORDER BY seq DESC
        LIMIT 1
        """;

    /// <summary>What the last entry tells about who ended the execution: ?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string ReadEnd = """
        SELECT failed, worker, output
        FROM hydra_journal
        WHERE execution = ?1
        ORDER BY seq DESC
        LIMIT 1
        """;

    /// <summary>Failed tries of steps (phase 1) behind which another may come: ?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string ReadWaits = """
        SELECT epoch, execution_attempt, retry_at
        FROM hydra_attempts
        WHERE execution = ?1 AND phase = 1 AND retry_at IS NOT NULL
        """;

    /// <summary>?1 is the number, the others as named.</summary>
    [StringSyntax("sql")]
    public const string InsertEntry = """
        INSERT INTO hydra_journal (
          execution, seq, kind, key, position, ordinal, failed, input, output, at, started_at, attempt, epoch,
          origin_seq, worker)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        """;

    /// <summary>?1 is the number, the others as named. The same row written twice is one row.</summary>
    [StringSyntax("sql")]
    public const string InsertTry = """
        INSERT INTO hydra_attempts (
          execution, key, attempt, epoch, phase, execution_attempt, input, failure, started_at, ended_at, retry_at,
          worker)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        ON CONFLICT (execution, key, attempt, epoch, phase) DO NOTHING
        """;

    /// <summary>
    /// ?1 is the number, ?2 the build, ?3 the difference, ?4 the time. Refusing again replaces what was said.
    /// </summary>
    [StringSyntax("sql")]
    public const string InsertRefusal = """
        INSERT INTO hydra_refusals (execution, build, difference, at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (execution, build) DO UPDATE SET difference = excluded.difference, at = excluded.at
        """;

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string ForgetRefusals = "DELETE FROM hydra_refusals WHERE execution = ?1";

    /// <summary>
    /// Writes a row that this transaction has read: ?2 is the number. Epoch (?3) and owner (?4), as they were read, are
    /// proven again.
    /// </summary>
    [StringSyntax("sql")]
    public const string UpdateExecution = """
        UPDATE hydra_executions
        SET epoch = ?5, owner = ?6, state = ?7, due_at = ?8, finished_at = ?9, settled_epoch = ?10, attempt = ?11,
            last_seq = ?12, crash_seq = ?13, mail = ?14, requests = ?15, crashes = ?16, barren_crashes = ?17,
            sole_suspect_crashes = ?18, blocked_reason = ?19, backing_off = ?20, deadline_delivered = ?21,
            waits_for = ?22, retry_epoch = ?23, last_retry = ?24
        WHERE number = ?2 AND namespace = ?1 AND epoch = ?3 AND owner = ?4
        """;
}
