namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>
    /// Locks executions in the order of @rows, and reads what their owners have to hear. Fails, by a sum out of range,
    /// at one that the session @session does not own under the epoch in @rows, whose mail is not as it was seen, or of
    /// which something is asked though it must not be.
    /// </summary>
    [StringSyntax("sql")]
    public string LockExpected { get; } = $"""
        SELECT e.mail, e.requests, e.id,
               18446744073709551615
                 + (NOT COALESCE(
                      e.epoch = s.epoch AND e.owner = @session AND (s.mail IS NULL OR e.mail = s.mail)
                      AND (NOT s.unasked OR e.requests = 0), FALSE))
        FROM (SELECT r.*
              FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
                shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]',
                mail BIGINT PATH '$[3]', unasked TINYINT PATH '$[4]')) AS r) AS s
        LEFT JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
        FOR UPDATE
        """;

    /// <summary>
    /// Fails, by a sum out of range, unless all @count entries that new ones follow are there, and are the last where
    /// the journal must end. A statement of its own, since it must see what the locks waited for.
    /// </summary>
    [StringSyntax("sql")]
    public string AssertTails { get; } = $"""
        SELECT 18446744073709551615 + (COUNT(*) <> @count)
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', follows BIGINT PATH '$[2]',
          ends TINYINT PATH '$[3]')) AS s
        STRAIGHT_JOIN {prefix}journal AS j FORCE INDEX (PRIMARY)
          ON j.shard = s.shard AND j.namespace = @namespace AND j.execution = UNHEX(s.id) AND j.seq = s.follows
        WHERE NOT s.ends
          OR NOT EXISTS (SELECT 1
                         FROM {prefix}journal AS l FORCE INDEX (PRIMARY)
                         WHERE l.shard = s.shard AND l.namespace = @namespace AND l.execution = UNHEX(s.id)
                           AND l.seq > s.follows)
        """;

    /// <summary>
    /// Ends the ownership of executions that this transaction has locked and that go on: the epochs, which with the
    /// session prove it again, the states, the last seqs, when they wake or, where that is NULL, after what delay,
    /// whether another attempt follows, what they wait for.
    /// </summary>
    [StringSyntax("sql")]
    public string SettleExpected { get; } = $"""
        UPDATE JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]',
          state TINYINT PATH '$[3]', last_seq BIGINT PATH '$[4]', wake_at BIGINT PATH '$[5]', delay BIGINT PATH '$[6]',
          another TINYINT PATH '$[7]', waits_for VARCHAR(3072) PATH '$[8]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
             AND e.epoch = s.epoch AND e.owner = @session
        SET e.owner = 0, e.settled_epoch = e.epoch, e.state = s.state, e.last_seq = s.last_seq,
            e.due_at = GREATEST(
              @hydra_now,
              LEAST(COALESCE(s.wake_at, @hydra_now + s.delay),
                    COALESCE(IF(e.deadline_delivered, NULL, e.deadline), 9223372036854775807))),
            e.attempt = e.attempt + s.another,
            e.backing_off = s.another,
            e.barren_crashes = IF(s.last_seq > e.crash_seq, 0, e.barren_crashes),
            e.sole_suspect_crashes = IF(s.last_seq > e.crash_seq, 0, e.sole_suspect_crashes),
            e.waits_for = COALESCE(UNHEX(s.waits_for), e.waits_for)
        """;

    /// <summary>
    /// The same for what has ended: the epochs, the states and the last seqs. The live rows are deleted next.
    /// </summary>
    [StringSyntax("sql")]
    public string FinishExpected { get; } = $"""
        INSERT INTO {prefix}outcomes (
          shard, namespace, id, workflow, `key`, input_hash, priority, max_attempts, retry_backoff, created_at,
          deadline, started_at, due_at, epoch, state, finished_at, settled_epoch, attempt, last_seq, crash_seq, mail,
          crashes, barren_crashes, sole_suspect_crashes, backing_off, deadline_delivered, waits_for, retry_epoch,
          last_retry)
        SELECT e.shard, e.namespace, e.id, e.workflow, e.`key`, e.input_hash, e.priority, e.max_attempts,
               e.retry_backoff, e.created_at, e.deadline, e.started_at, e.due_at, e.epoch, s.state, @hydra_now, e.epoch,
               e.attempt, s.last_seq, e.crash_seq, e.mail, e.crashes, e.barren_crashes, e.sole_suspect_crashes,
               e.backing_off, e.deadline_delivered, e.waits_for, e.retry_epoch, e.last_retry
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]',
          state TINYINT PATH '$[3]', last_seq BIGINT PATH '$[4]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
             AND e.epoch = s.epoch AND e.owner = @session
        """;

    [StringSyntax("sql")]
    public string DeleteFinished { get; } = $"""
        DELETE e
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (
          shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]', epoch BIGINT PATH '$[2]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
             AND e.epoch = s.epoch AND e.owner = @session
        """;

    /// <summary>
    /// <see cref="LockExpected"/> for one execution, which nearly every commit of a worker with little to do holds:
    /// without a table of rows it takes half the time. The same goes for those that follow. It asks for the greatest of
    /// nothing that is part of the key: for that the servers look, and lock, from the end, so where the execution is
    /// gone its neighbour.
    /// </summary>
    [StringSyntax("sql")]
    public string LockOneExpected { get; } = $"""
        SELECT MAX(e.mail), MAX(e.requests),
               18446744073709551615
                 + (NOT COALESCE(
                      MAX(e.epoch = @epoch AND e.owner = @session AND (@mail IS NULL OR e.mail = @mail)
                          AND (NOT @unasked OR e.requests = 0)), FALSE))
        FROM {prefix}executions AS e FORCE INDEX (PRIMARY)
        WHERE e.shard = @shard AND e.namespace = @namespace AND e.id = UNHEX(@id)
        FOR UPDATE
        """;

    /// <summary><see cref="AssertTails"/> for one journal.</summary>
    [StringSyntax("sql")]
    public string AssertTail { get; } = $"""
        SELECT 18446744073709551615
                 + (NOT EXISTS (SELECT 1
                                FROM {prefix}journal AS j FORCE INDEX (PRIMARY)
                                WHERE j.shard = @shard AND j.namespace = @namespace AND j.execution = UNHEX(@id)
                                  AND j.seq = @follows)
                    OR (@ends AND EXISTS (SELECT 1
                                          FROM {prefix}journal AS l FORCE INDEX (PRIMARY)
                                          WHERE l.shard = @shard AND l.namespace = @namespace
                                            AND l.execution = UNHEX(@id) AND l.seq > @follows)))
        """;

    /// <summary><see cref="SettleExpected"/> for one execution.</summary>
    [StringSyntax("sql")]
    public string SettleOneExpected { get; } = $"""
        UPDATE {prefix}executions AS e FORCE INDEX (PRIMARY)
        SET e.owner = 0, e.settled_epoch = e.epoch, e.state = @state, e.last_seq = @lastSeq,
            e.due_at = GREATEST(
              @hydra_now,
              LEAST(COALESCE(@wakeAt, @hydra_now + @delay),
                    COALESCE(IF(e.deadline_delivered, NULL, e.deadline), 9223372036854775807))),
            e.attempt = e.attempt + @another,
            e.backing_off = @another,
            e.barren_crashes = IF(@lastSeq > e.crash_seq, 0, e.barren_crashes),
            e.sole_suspect_crashes = IF(@lastSeq > e.crash_seq, 0, e.sole_suspect_crashes),
            e.waits_for = COALESCE(UNHEX(@waitsFor), e.waits_for)
        WHERE e.shard = @shard AND e.namespace = @namespace AND e.id = UNHEX(@id)
          AND e.epoch = @epoch AND e.owner = @session
        """;

    /// <summary><see cref="FinishExpected"/> for one execution.</summary>
    [StringSyntax("sql")]
    public string FinishOneExpected { get; } = $"""
        INSERT INTO {prefix}outcomes (
          shard, namespace, id, workflow, `key`, input_hash, priority, max_attempts, retry_backoff, created_at,
          deadline, started_at, due_at, epoch, state, finished_at, settled_epoch, attempt, last_seq, crash_seq, mail,
          crashes, barren_crashes, sole_suspect_crashes, backing_off, deadline_delivered, waits_for, retry_epoch,
          last_retry)
        SELECT e.shard, e.namespace, e.id, e.workflow, e.`key`, e.input_hash, e.priority, e.max_attempts,
               e.retry_backoff, e.created_at, e.deadline, e.started_at, e.due_at, e.epoch, @state, @hydra_now, e.epoch,
               e.attempt, @lastSeq, e.crash_seq, e.mail, e.crashes, e.barren_crashes, e.sole_suspect_crashes,
               e.backing_off, e.deadline_delivered, e.waits_for, e.retry_epoch, e.last_retry
        FROM {prefix}executions AS e FORCE INDEX (PRIMARY)
        WHERE e.shard = @shard AND e.namespace = @namespace AND e.id = UNHEX(@id)
          AND e.epoch = @epoch AND e.owner = @session
        """;

    /// <summary><see cref="DeleteFinished"/> for one execution.</summary>
    [StringSyntax("sql")]
    public string DeleteOneFinished { get; } = $"""
        DELETE e
        FROM {prefix}executions AS e FORCE INDEX (PRIMARY)
        WHERE e.shard = @shard AND e.namespace = @namespace AND e.id = UNHEX(@id)
          AND e.epoch = @epoch AND e.owner = @session
        """;
}
