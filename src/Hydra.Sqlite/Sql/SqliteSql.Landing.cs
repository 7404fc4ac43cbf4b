namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>Marks the transaction: a savepoint ends with it.</summary>
    [StringSyntax("sql")]
    public const string MarkStep = "SAVEPOINT hydra_step";

    /// <summary>Fails when the transaction has ended, whatever its driver believes.</summary>
    [StringSyntax("sql")]
    public const string ProveStep = "RELEASE hydra_step";

    /// <summary>
    /// Lands a result, only while the execution is owned under the epoch: ?2 is the id, ?3 and so on as named.
    /// </summary>
    [StringSyntax("sql")]
    public const string Land = """
        INSERT INTO hydra_attempts (
          execution, key, attempt, epoch, phase, execution_attempt, input, output, started_at, ended_at, worker)
        SELECT number, ?3, ?4, ?5, 5, ?6, ?7, ?8, ?9, ?10, ?11
        FROM hydra_executions
        WHERE namespace = ?1 AND id = ?2 AND epoch = ?5 AND owner = ?12 AND state = 1
        """;

    /// <summary>Puts a bar in the place of a result, unless there is one: ?8 is the failure, ?11 the session.</summary>
    [StringSyntax("sql")]
    public const string Bar = """
        INSERT INTO hydra_attempts (
          execution, key, attempt, epoch, phase, execution_attempt, input, failure, started_at, worker)
        SELECT number, ?3, ?4, ?5, 5, ?6, ?7, ?8, ?9, ?10
        FROM hydra_executions
        WHERE namespace = ?1 AND id = ?2 AND epoch = ?5 AND owner = ?11 AND state = 1
        ON CONFLICT (execution, key, attempt, epoch, phase) DO NOTHING
        """;

    /// <summary>?2 is the id, ?3 the key, ?4 the attempt, ?5 the epoch.</summary>
    [StringSyntax("sql")]
    public const string ReadLanded = """
        SELECT key, attempt, epoch, phase, execution_attempt, input, failure, started_at, ended_at, retry_at, worker,
               output
        FROM hydra_attempts
        WHERE execution = (SELECT number FROM hydra_executions WHERE namespace = ?1 AND id = ?2)
          AND key = ?3 AND attempt = ?4 AND epoch = ?5 AND phase = 5 AND failure IS NULL
        """;

    /// <summary>?2 is the id, ?3 the key.</summary>
    [StringSyntax("sql")]
    public const string FindLanded = """
        SELECT key, attempt, epoch, phase, execution_attempt, input, failure, started_at, ended_at, retry_at, worker,
               output
        FROM hydra_attempts
        WHERE execution = (SELECT number FROM hydra_executions WHERE namespace = ?1 AND id = ?2)
          AND key = ?3 AND phase = 5 AND failure IS NULL
        ORDER BY attempt, epoch
        LIMIT 2
        """;
}
