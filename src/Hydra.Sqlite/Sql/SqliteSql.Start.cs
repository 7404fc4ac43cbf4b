namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>?3 to ?16 as named. Changes nothing when the id or the key is taken.</summary>
    [StringSyntax("sql")]
    public const string InsertExecution = """
        INSERT INTO hydra_executions (
          namespace, id, workflow, key, input_hash, priority, max_attempts, retry_backoff, created_at,
          state, epoch, owner, due_at, deadline, started_at, last_seq)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>?1 is the number, the others as named.</summary>
    [StringSyntax("sql")]
    public const string InsertOrigin = """
        INSERT INTO hydra_origins (execution, kind, source, name, seq, at, edits) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """;

    /// <summary>The execution that has an idempotency key: ?2 is the key.</summary>
    [StringSyntax("sql")]
    public const string ReadKeyHolder = """
        SELECT id, workflow, key, state, priority, epoch, settled_epoch, owner, due_at, deadline, attempt, max_attempts,
               retry_backoff, last_seq, mail, requests, crashes, barren_crashes, sole_suspect_crashes, blocked_reason,
               input_hash, created_at, started_at, finished_at, waits_for, crash_seq, backing_off, deadline_delivered,
               retry_epoch, last_retry, number
        FROM hydra_executions
        WHERE namespace = ?1 AND key = ?2
        """;
}
