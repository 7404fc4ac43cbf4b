namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>?4 to ?17 as named. Changes nothing when the id or the key is taken.</summary>
    [StringSyntax("sql")]
    public const string InsertExecution = """
        INSERT INTO hydra_executions (
          shard, namespace, id, workflow, key, input_hash, priority, max_attempts, retry_backoff, created_at,
          state, epoch, owner, due_at, deadline, started_at)
        VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
        ON CONFLICT DO NOTHING
        """;

    [StringSyntax("sql")]
    public const string FindStarted = """
        SELECT epoch, owner, due_at, state, started_at
        FROM hydra_executions
        WHERE shard = ?2 AND namespace = ?1 AND id = ?3
        """;

    /// <summary>?2 is the shard, ?3 the key.</summary>
    [StringSyntax("sql")]
    public const string FindTakenKey = """
        SELECT id, workflow, input_hash, due_at, state
        FROM hydra_executions
        WHERE shard = ?2 AND namespace = ?1 AND key = ?3
        """;

    /// <summary>?4 to ?17 as named. Changes nothing when the seq is there, which whoever asks must look into.</summary>
    [StringSyntax("sql")]
    public const string InsertEntry = """
        INSERT INTO hydra_journal (
          shard, namespace, execution, seq, kind, key, position, ordinal, failed, input, output,
          at, started_at, attempt, epoch, origin_seq, worker)
        VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        ON CONFLICT (shard, namespace, execution, seq) DO NOTHING
        """;

    /// <summary>?4 is the seq.</summary>
    [StringSyntax("sql")]
    public const string ReadEntryEpoch = """
        SELECT epoch
        FROM hydra_journal
        WHERE shard = ?2 AND namespace = ?1 AND execution = ?3 AND seq = ?4
        """;

    [StringSyntax("sql")]
    public const string ReadLastSeq = """
        SELECT max(seq)
        FROM hydra_journal
        WHERE shard = ?2 AND namespace = ?1 AND execution = ?3
        """;

    [StringSyntax("sql")]
    public const string ReadLastTime = """
        SELECT at
        FROM hydra_journal
        WHERE shard = ?2 AND namespace = ?1 AND execution = ?3
        ORDER BY seq DESC
        LIMIT 1
        """;

    /// <summary>?4 to ?14 as named. The same row written twice is one row.</summary>
    [StringSyntax("sql")]
    public const string InsertTry = """
        INSERT INTO hydra_attempts (
          shard, namespace, execution, key, attempt, epoch, phase,
          execution_attempt, input, failure, started_at, ended_at, retry_at, worker)
        VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        ON CONFLICT (shard, namespace, execution, key, attempt, epoch, phase) DO NOTHING
        """;
}
