namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>Whether a session that wants to own what it starts exists.</summary>
    [StringSyntax("sql")]
    public string SetAlive { get; } = $"""
        SET @hydra_alive = EXISTS (
          SELECT 1 FROM {prefix}sessions AS o WHERE o.namespace = @namespace AND o.id = @session)
        """;

    [StringSyntax("sql")]
    public static string ReadAlive => "SELECT @hydra_alive";

    /// <summary>Both in one statement, for a round trip that starts executions.</summary>
    [StringSyntax("sql")]
    public string SetNowAndAlive { get; } = $"""
        SET @hydra_now = GREATEST(@floor, COALESCE(@fixed, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)))),
            @hydra_alive = EXISTS (
              SELECT 1 FROM {prefix}sessions AS o WHERE o.namespace = @namespace AND o.id = @session)
        """;

    [StringSyntax("sql")]
    public static string ReadNowAndAlive => "SELECT CAST(@hydra_now AS SIGNED), @hydra_alive";

    /// <summary>Sets again, in a later round trip, what an earlier one has read.</summary>
    [StringSyntax("sql")]
    public static string KeepNow => "SET @hydra_now = @micros";

    [StringSyntax("sql")]
    public static string KeepAlive => "SET @hydra_alive = @exists";

    /// <summary>
    /// Takes keys for executions, in the order of the keys, which is that of their locks, and leaves those that are
    /// taken to whoever has them. It never fails at one: what it had taken before would be given back, and of those who
    /// wait for that each would keep a lock on the gap, which all the others need.
    /// </summary>
    [StringSyntax("sql")]
    public string InsertKeys { get; } = $$"""
        INSERT INTO {{prefix}}start_keys (shard, namespace, `key`, execution)
        VALUES {rows}
        ON DUPLICATE KEY UPDATE shard = shard
        """;

    /// <summary>
    /// Fails, by a sum out of range, unless all @count executions have the keys that they want: @rows are shards, keys
    /// and ids. How many rows were inserted does not tell: one that is left alone counts as well.
    /// </summary>
    [StringSyntax("sql")]
    public string AssertKeys { get; } = $"""
        SELECT 18446744073709551615 + (COUNT(*) <> @count)
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', `key` VARCHAR(3072) PATH '$[1]', id VARCHAR(32) PATH '$[2]')) AS s
        STRAIGHT_JOIN {prefix}start_keys AS k FORCE INDEX (PRIMARY)
          ON k.shard = s.shard AND k.namespace = @namespace AND k.`key` = UNHEX(s.`key`)
        WHERE k.execution = UNHEX(s.id)
        """;

    /// <summary>
    /// Which executions have the keys, behind the inserts, which have locked them: @rows are shards and keys. A locking
    /// read sees what was committed since the transaction began, whatever its isolation.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadKeys { get; } = $"""
        SELECT CONVERT(k.`key` USING utf8mb4), k.execution
        FROM (SELECT r.*
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', `key` VARCHAR(3072) PATH '$[1]')) AS r) AS s
        STRAIGHT_JOIN {prefix}start_keys AS k FORCE INDEX (PRIMARY)
          ON k.shard = s.shard AND k.namespace = @namespace AND k.`key` = UNHEX(s.`key`)
        FOR UPDATE
        """;

    /// <summary>Which execution has a key, as far as a transaction sees.</summary>
    [StringSyntax("sql")]
    public string ReadKey { get; } = $"""
        SELECT k.execution FROM {prefix}start_keys AS k
        WHERE k.shard = @shard AND k.namespace = @namespace AND k.`key` = @key
        """;

    /// <summary>Answers no rows, and fails over a connection that is in use.</summary>
    [StringSyntax("sql")]
    public static string AskNothing => "SELECT 1 LIMIT 0";

    /// <summary>Fails when another transaction has a lock on one of the keys: @rows are shards and keys.</summary>
    [StringSyntax("sql")]
    public string LookForKeyLocks { get; } = $"""
        SELECT k.shard
        FROM (SELECT r.*
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', `key` VARCHAR(3072) PATH '$[1]')) AS r) AS s
        STRAIGHT_JOIN {prefix}start_keys AS k FORCE INDEX (PRIMARY)
          ON k.shard = s.shard AND k.namespace = @namespace AND k.`key` = UNHEX(s.`key`)
        FOR UPDATE NOWAIT
        """;

    /// <summary>
    /// Inserts executions that are not there yet. The literals refer to the time (@hydra_now) and, for what is owned
    /// from the start, to whether its session exists (@hydra_alive).
    /// </summary>
    [StringSyntax("sql")]
    public string InsertExecutions { get; } = $$"""
        INSERT INTO {{prefix}}executions (
          shard, namespace, id, workflow, `key`, input_hash, priority, max_attempts, retry_backoff, created_at, state,
          epoch, owner, due_at, deadline, started_at)
        VALUES {rows}
        """;

    /// <summary>The executions that have those keys, if they are there.</summary>
    [StringSyntax("sql")]
    public string ReadKeyHolders { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4),
               e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', `key` VARCHAR(3072) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}start_keys AS k FORCE INDEX (PRIMARY)
          ON k.shard = s.shard AND k.namespace = @namespace AND k.`key` = UNHEX(s.`key`)
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = k.execution
        UNION ALL
        SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4),
               o.crash_seq, o.backing_off, o.deadline_delivered, o.retry_epoch, o.last_retry
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', `key` VARCHAR(3072) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}start_keys AS k FORCE INDEX (PRIMARY)
          ON k.shard = s.shard AND k.namespace = @namespace AND k.`key` = UNHEX(s.`key`)
        STRAIGHT_JOIN {prefix}outcomes AS o FORCE INDEX (PRIMARY)
          ON o.shard = s.shard AND o.namespace = @namespace AND o.id = k.execution
        """;

    [StringSyntax("sql")]
    public string InsertOrigins { get; } = $$"""
        INSERT INTO {{prefix}}origins (shard, namespace, execution, kind, source, name, seq, at, edits)
        VALUES {rows}
        """;

    /// <summary>Tells how far the journals of executions reach that have just been inserted with entries.</summary>
    [StringSyntax("sql")]
    public string SetPrefixEnds { get; } = $"""
        UPDATE JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', last_seq BIGINT PATH '$[2]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
        SET e.last_seq = s.last_seq
        """;
}
