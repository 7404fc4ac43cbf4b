namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>Marks the transaction: a savepoint ends with it.</summary>
    [StringSyntax("sql")]
    public static string MarkStep => "SAVEPOINT hydra_step";

    /// <summary>Fails when the transaction has ended, whatever its driver believes.</summary>
    [StringSyntax("sql")]
    public static string ProveStep => "RELEASE SAVEPOINT hydra_step";

    /// <summary>
    /// Lands a result, only while @session owns the execution under the epoch, which the lock of the row makes sure
    /// of until the transaction ends.
    /// </summary>
    [StringSyntax("sql")]
    public string Land { get; } = $"""
        INSERT INTO {prefix}attempts (
          shard, namespace, execution, `key`, attempt, epoch, phase, execution_attempt, input, output, started_at,
          ended_at, worker)
        SELECT e.shard, e.namespace, e.id, @key, @attempt, @epoch, 5, @executionAttempt, @input, @output, @startedAt,
               @endedAt, @worker
        FROM {prefix}executions AS e FORCE INDEX (PRIMARY)
        WHERE e.shard = @shard AND e.namespace = @namespace AND e.id = UNHEX(@id)
          AND e.epoch = @epoch AND e.owner = @session AND e.state = 1
        LOCK IN SHARE MODE
        """;

    /// <summary>
    /// Puts a bar in the place of a result, unless there is one. It waits for whoever is about to insert the same row.
    /// </summary>
    [StringSyntax("sql")]
    public string Bar { get; } = $"""
        INSERT INTO {prefix}attempts (
          shard, namespace, execution, `key`, attempt, epoch, phase, execution_attempt, input, failure, started_at,
          worker)
        SELECT e.shard, e.namespace, e.id, @key, @attempt, @epoch, 5, @executionAttempt, @input, @failure, @startedAt,
               @worker
        FROM {prefix}executions AS e FORCE INDEX (PRIMARY)
        WHERE e.shard = @shard AND e.namespace = @namespace AND e.id = UNHEX(@id)
          AND e.epoch = @epoch AND e.owner = @session AND e.state = 1
        LOCK IN SHARE MODE
        ON DUPLICATE KEY UPDATE started_at = {prefix}attempts.started_at
        """;

    [StringSyntax("sql")]
    public string ReadLanded { get; } = $"""
        SELECT CONVERT(`key` USING utf8mb4), attempt, epoch, phase, execution_attempt, input, failure, started_at,
               ended_at, retry_at, CONVERT(worker USING utf8mb4), output
        FROM {prefix}attempts
        WHERE shard = @shard AND namespace = @namespace AND execution = UNHEX(@id) AND `key` = @key
          AND attempt = @attempt AND epoch = @epoch AND phase = 5 AND failure IS NULL
        """;

    [StringSyntax("sql")]
    public string FindLanded { get; } = $"""
        SELECT CONVERT(`key` USING utf8mb4), attempt, epoch, phase, execution_attempt, input, failure, started_at,
               ended_at, retry_at, CONVERT(worker USING utf8mb4), output
        FROM {prefix}attempts
        WHERE shard = @shard AND namespace = @namespace AND execution = UNHEX(@id) AND `key` = @key
          AND phase = 5 AND failure IS NULL
        ORDER BY attempt, epoch
        LIMIT 2
        """;
}
