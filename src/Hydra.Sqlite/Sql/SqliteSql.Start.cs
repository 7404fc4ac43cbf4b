namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>?3 to ?15 as named. Changes nothing when the id or the key is taken.</summary>
    [StringSyntax("sql")]
    public const string InsertExecution = """
        INSERT INTO hydra_executions (
          namespace, id, workflow, key, input_hash, priority, max_attempts, retry_backoff, created_at,
          state, epoch, owner, due_at, deadline, started_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        ON CONFLICT DO NOTHING
        """;

    [StringSyntax("sql")]
    public const string FindStarted = """
        SELECT epoch, owner, due_at, state, started_at
        FROM hydra_executions
        WHERE namespace = ?1 AND id = ?2
        """;

    /// <summary>?2 is the key.</summary>
    [StringSyntax("sql")]
    public const string FindTakenKey = """
        SELECT id, workflow, input_hash, due_at, state
        FROM hydra_executions
        WHERE namespace = ?1 AND key = ?2
        """;

    /// <summary>
    /// ?1 is the number, the others as named. Changes nothing when the seq is taken, which must be looked into.
    /// </summary>
    [StringSyntax("sql")]
    public const string InsertEntry = """
        INSERT INTO hydra_journal (
          execution, seq, kind, key, position, ordinal, failed, input, output, at, started_at, attempt, epoch,
          origin_seq, worker)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        ON CONFLICT (execution, seq) DO NOTHING
        """;

    /// <summary>?1 is the number, ?2 the seq.</summary>
    [StringSyntax("sql")]
    public const string ReadEntryEpoch = "SELECT epoch FROM hydra_journal WHERE execution = ?1 AND seq = ?2";

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string ReadLastSeq = "SELECT max(seq) FROM hydra_journal WHERE execution = ?1";

    /// <summary>?1 is the number.</summary>
    [StringSyntax("sql")]
    public const string ReadLastTime = """
        SELECT at
        FROM hydra_journal
        WHERE execution = ?1
        ORDER BY seq DESC
        LIMIT 1
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
}
