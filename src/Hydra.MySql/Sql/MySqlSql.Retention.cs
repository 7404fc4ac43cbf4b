namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>
    /// The oldest that have ended, of any terminal state, since ids sort by their time: @after is the id behind which
    /// to begin, @before that before which to end, @limit how many.
    /// </summary>
    [StringSyntax("sql")]
    public string ListEndedInOrder { get; } = $"""
        (SELECT o.id, CONVERT(o.workflow USING utf8mb4), o.state, o.epoch, o.last_seq, o.finished_at
         FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
         WHERE o.namespace = @namespace AND o.state = 6 AND o.id > UNHEX(@after) AND o.id < UNHEX(@before)
         ORDER BY o.id
         LIMIT @limit)
        UNION ALL
        (SELECT o.id, CONVERT(o.workflow USING utf8mb4), o.state, o.epoch, o.last_seq, o.finished_at
         FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
         WHERE o.namespace = @namespace AND o.state = 7 AND o.id > UNHEX(@after) AND o.id < UNHEX(@before)
         ORDER BY o.id
         LIMIT @limit)
        UNION ALL
        (SELECT o.id, CONVERT(o.workflow USING utf8mb4), o.state, o.epoch, o.last_seq, o.finished_at
         FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
         WHERE o.namespace = @namespace AND o.state = 8 AND o.id > UNHEX(@after) AND o.id < UNHEX(@before)
         ORDER BY o.id
         LIMIT @limit)
        UNION ALL
        (SELECT o.id, CONVERT(o.workflow USING utf8mb4), o.state, o.epoch, o.last_seq, o.finished_at
         FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
         WHERE o.namespace = @namespace AND o.state = 9 AND o.id > UNHEX(@after) AND o.id < UNHEX(@before)
         ORDER BY o.id
         LIMIT @limit)
        ORDER BY 1
        LIMIT @limit
        """;

    /// <summary>
    /// Locks those of @rows that have ended under their epochs and that nobody else holds; tells their keys.
    /// </summary>
    [StringSyntax("sql")]
    public string LockOutcomes { get; } = $"""
        SELECT o.id, CONVERT(o.`key` USING utf8mb4)
        FROM (SELECT r.*
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]')) AS r) AS s
        STRAIGHT_JOIN {prefix}outcomes AS o FORCE INDEX (PRIMARY)
          ON o.shard = s.shard AND o.namespace = @namespace AND o.id = UNHEX(s.id)
        WHERE o.epoch = s.epoch
        FOR UPDATE SKIP LOCKED
        """;

    /// <summary>Locks those of the keys @rows that nobody else holds: shards, ids and keys.</summary>
    [StringSyntax("sql")]
    public string LockKeysOfOutcomes { get; } = $"""
        SELECT k.execution
        FROM (SELECT r.*
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]',
                `key` VARCHAR(3072) PATH '$[2]')) AS r) AS s
        STRAIGHT_JOIN {prefix}start_keys AS k FORCE INDEX (PRIMARY)
          ON k.shard = s.shard AND k.namespace = @namespace AND k.`key` = UNHEX(s.`key`)
        WHERE k.execution = UNHEX(s.id)
        FOR UPDATE SKIP LOCKED
        """;

    /// <summary>What belongs to executions that are locked: @rows are their shards and ids.</summary>
    [StringSyntax("sql")]
    public string DeleteJournals { get; } = $"""
        DELETE j
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}journal AS j FORCE INDEX (PRIMARY)
          ON j.shard = s.shard AND j.namespace = @namespace AND j.execution = UNHEX(s.id)
        """;

    [StringSyntax("sql")]
    public string DeleteAttempts { get; } = $"""
        DELETE a
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}attempts AS a FORCE INDEX (PRIMARY)
          ON a.shard = s.shard AND a.namespace = @namespace AND a.execution = UNHEX(s.id)
        """;

    [StringSyntax("sql")]
    public string DeleteCrashes { get; } = $"""
        DELETE c
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}crashes AS c FORCE INDEX (PRIMARY)
          ON c.shard = s.shard AND c.namespace = @namespace AND c.execution = UNHEX(s.id)
        """;

    [StringSyntax("sql")]
    public string DeleteOrigins { get; } = $"""
        DELETE o
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}origins AS o FORCE INDEX (PRIMARY)
          ON o.shard = s.shard AND o.namespace = @namespace AND o.execution = UNHEX(s.id)
        """;

    /// <summary>@rows are the shards, ids and keys of those that have a key.</summary>
    [StringSyntax("sql")]
    public string DeleteKeys { get; } = $"""
        DELETE k
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', `key` VARCHAR(3072) PATH '$[2]')) AS s
        STRAIGHT_JOIN {prefix}start_keys AS k FORCE INDEX (PRIMARY)
          ON k.shard = s.shard AND k.namespace = @namespace AND k.`key` = UNHEX(s.`key`)
             AND k.execution = UNHEX(s.id)
        """;

    [StringSyntax("sql")]
    public string DeleteOutcomes { get; } = $"""
        DELETE o
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}outcomes AS o FORCE INDEX (PRIMARY)
          ON o.shard = s.shard AND o.namespace = @namespace AND o.id = UNHEX(s.id)
        """;
}
