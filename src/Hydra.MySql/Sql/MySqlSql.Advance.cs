namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>
    /// Locks live executions in the order of @rows, which is that of their keys, and reads what decides: as it is once
    /// the lock is had, whatever the transaction has seen before.
    /// </summary>
    [StringSyntax("sql")]
    public string LockExecutions { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4),
               e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM (SELECT r.*
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS r) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
        FOR UPDATE
        """;

    /// <summary>Fails when another transaction has a lock on one of @rows.</summary>
    [StringSyntax("sql")]
    public string LookForLocks { get; } = $"""
        SELECT e.shard
        FROM (SELECT r.*
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS r) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
        FOR UPDATE NOWAIT
        """;

    /// <summary>As <see cref="LockExecutions"/>, and passes over those that are locked.</summary>
    [StringSyntax("sql")]
    public string LockFreeExecutions { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4),
               e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM (SELECT r.*
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS r) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
        FOR UPDATE SKIP LOCKED
        """;

    /// <summary>
    /// Reads executions that have ended, which never change. Behind the locks: what was live before it waited for them
    /// may have ended meanwhile.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadOutcomes { get; } = $"""
        SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4),
               o.crash_seq, o.backing_off, o.deadline_delivered, o.retry_epoch, o.last_retry
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}outcomes AS o FORCE INDEX (PRIMARY)
          ON o.shard = s.shard AND o.namespace = @namespace AND o.id = UNHEX(s.id)
        """;

    /// <summary>Reads live executions without a lock.</summary>
    [StringSyntax("sql")]
    public string ReadExecutions { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4),
               e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
        """;

    /// <summary>
    /// Reads the ends of journals from some seq on, the third of @rows. A statement of its own, behind the locks: one
    /// that takes a lock sees other tables as they were before it waited.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadTails { get; } = $"""
        SELECT j.execution, j.seq, j.epoch, j.at
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', seq BIGINT PATH '$[2]')) AS s
        STRAIGHT_JOIN {prefix}journal AS j FORCE INDEX (PRIMARY)
          ON j.shard = s.shard AND j.namespace = @namespace AND j.execution = UNHEX(s.id) AND j.seq >= s.seq
        """;

    /// <summary>The last entries.</summary>
    [StringSyntax("sql")]
    public string ReadLasts { get; } = $"""
        SELECT j.execution, j.seq, j.epoch, j.at
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}journal AS j FORCE INDEX (PRIMARY)
          ON j.shard = s.shard AND j.namespace = @namespace AND j.execution = UNHEX(s.id)
        WHERE j.seq = (SELECT l.seq
                       FROM {prefix}journal AS l FORCE INDEX (PRIMARY)
                       WHERE l.shard = s.shard AND l.namespace = @namespace AND l.execution = UNHEX(s.id)
                       ORDER BY l.seq DESC
                       LIMIT 1)
        """;

    [StringSyntax("sql")]
    public string InsertEntries { get; } = $$"""
        INSERT INTO {{prefix}}journal (
          shard, namespace, execution, seq, kind, `key`, position, ordinal, failed, input, output, at, started_at,
          attempt, epoch, origin_seq, worker)
        VALUES {rows}
        """;

    /// <summary>The same row written twice is one row.</summary>
    [StringSyntax("sql")]
    public string InsertTries { get; } = $$"""
        INSERT INTO {{prefix}}attempts (
          shard, namespace, execution, `key`, attempt, epoch, phase, execution_attempt, input, failure, started_at,
          ended_at, retry_at, worker)
        VALUES {rows}
        ON DUPLICATE KEY UPDATE started_at = {{prefix}}attempts.started_at
        """;

    /// <summary>Refusing again replaces what was said.</summary>
    [StringSyntax("sql")]
    public string InsertRefusals { get; } = $$"""
        REPLACE INTO {{prefix}}refusals (shard, namespace, execution, build, difference, at)
        VALUES {rows}
        """;

    [StringSyntax("sql")]
    public string InsertCrashes { get; } = $$"""
        INSERT INTO {{prefix}}crashes (shard, namespace, execution, epoch, session, worker, at)
        VALUES {rows}
        """;

    /// <summary>
    /// Writes rows that this transaction has locked. Epoch and owner, as they were read, are proven again.
    /// </summary>
    [StringSyntax("sql")]
    public string UpdateExecutions { get; } = $"""
        UPDATE JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', read_epoch BIGINT PATH '$[2]',
          read_owner BIGINT PATH '$[3]', epoch BIGINT PATH '$[4]', owner BIGINT PATH '$[5]', state TINYINT PATH '$[6]',
          due_at BIGINT PATH '$[7]', settled_epoch BIGINT PATH '$[8]', attempt INT PATH '$[9]',
          last_seq BIGINT PATH '$[10]', crash_seq BIGINT PATH '$[11]', mail BIGINT PATH '$[12]',
          requests INT PATH '$[13]', crashes INT PATH '$[14]', barren_crashes INT PATH '$[15]',
          sole_suspect_crashes INT PATH '$[16]', blocked_reason TINYINT PATH '$[17]', backing_off TINYINT PATH '$[18]',
          deadline_delivered TINYINT PATH '$[19]', waits_for VARCHAR(3072) PATH '$[20]',
          retry_epoch BIGINT PATH '$[21]', last_retry BIGINT PATH '$[22]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
             AND e.epoch = s.read_epoch AND e.owner = s.read_owner
        SET e.epoch = s.epoch, e.owner = s.owner, e.state = s.state, e.due_at = s.due_at,
            e.settled_epoch = s.settled_epoch, e.attempt = s.attempt, e.last_seq = s.last_seq,
            e.crash_seq = s.crash_seq, e.mail = s.mail, e.requests = s.requests, e.crashes = s.crashes,
            e.barren_crashes = s.barren_crashes, e.sole_suspect_crashes = s.sole_suspect_crashes,
            e.blocked_reason = s.blocked_reason, e.backing_off = s.backing_off,
            e.deadline_delivered = s.deadline_delivered, e.waits_for = UNHEX(s.waits_for),
            e.retry_epoch = s.retry_epoch, e.last_retry = s.last_retry
        """;

    /// <summary>Writes the outcomes of executions that this transaction has locked, the rest as it stands.</summary>
    [StringSyntax("sql")]
    public string InsertOutcomes { get; } = $"""
        INSERT INTO {prefix}outcomes (
          shard, namespace, id, workflow, `key`, input_hash, priority, max_attempts, retry_backoff, created_at,
          deadline, started_at, due_at, epoch, state, finished_at, settled_epoch, attempt, last_seq, crash_seq, mail,
          crashes, barren_crashes, sole_suspect_crashes, backing_off, deadline_delivered, waits_for, retry_epoch,
          last_retry)
        SELECT e.shard, e.namespace, e.id, e.workflow, e.`key`, e.input_hash, e.priority, e.max_attempts,
               e.retry_backoff, e.created_at, e.deadline, e.started_at, s.due_at, s.epoch, s.state, s.finished_at,
               s.settled_epoch, s.attempt, s.last_seq, s.crash_seq, s.mail, s.crashes, s.barren_crashes,
               s.sole_suspect_crashes, s.backing_off, s.deadline_delivered, UNHEX(s.waits_for), s.retry_epoch,
               s.last_retry
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', due_at BIGINT PATH '$[2]',
          epoch BIGINT PATH '$[3]', state TINYINT PATH '$[4]', finished_at BIGINT PATH '$[5]',
          settled_epoch BIGINT PATH '$[6]', attempt INT PATH '$[7]', last_seq BIGINT PATH '$[8]',
          crash_seq BIGINT PATH '$[9]', mail BIGINT PATH '$[10]', crashes INT PATH '$[11]',
          barren_crashes INT PATH '$[12]', sole_suspect_crashes INT PATH '$[13]', backing_off TINYINT PATH '$[14]',
          deadline_delivered TINYINT PATH '$[15]', waits_for VARCHAR(3072) PATH '$[16]',
          retry_epoch BIGINT PATH '$[17]', last_retry BIGINT PATH '$[18]', read_epoch BIGINT PATH '$[19]',
          read_owner BIGINT PATH '$[20]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
             AND e.epoch = s.read_epoch AND e.owner = s.read_owner
        """;

    /// <summary>Ends the live rows of executions with an outcome; epoch and owner are proven again.</summary>
    [StringSyntax("sql")]
    public string DeleteEnded { get; } = $"""
        DELETE e
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', read_epoch BIGINT PATH '$[2]',
          read_owner BIGINT PATH '$[3]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
             AND e.epoch = s.read_epoch AND e.owner = s.read_owner
        """;
}
