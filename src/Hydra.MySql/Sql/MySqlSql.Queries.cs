namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>In one of the two tables, as one snapshot shows them.</summary>
    [StringSyntax("sql")]
    public string FindExecution { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4)
        FROM {prefix}executions AS e
        WHERE e.shard = @shard AND e.namespace = @namespace AND e.id = UNHEX(@id)
        UNION ALL
        SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4)
        FROM {prefix}outcomes AS o
        WHERE o.shard = @shard AND o.namespace = @namespace AND o.id = UNHEX(@id)
        """;

    /// <summary>
    /// How @rows, shards and ids, stand, with the last entries of those that have ended, unless their outputs are
    /// longer than @bytes.
    /// </summary>
    [StringSyntax("sql")]
    public string FindEnds { get; } = $"""
        SELECT j.seq, j.kind, CONVERT(j.`key` USING utf8mb4), j.position, j.ordinal, j.failed, j.input, j.output, j.at,
               j.started_at, j.attempt, j.epoch, j.origin_seq, CONVERT(j.worker USING utf8mb4), o.id, o.state
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}outcomes AS o FORCE INDEX (PRIMARY)
          ON o.shard = s.shard AND o.namespace = @namespace AND o.id = UNHEX(s.id)
        LEFT JOIN {prefix}journal AS j FORCE INDEX (PRIMARY)
          ON j.shard = s.shard AND j.namespace = @namespace AND j.execution = UNHEX(s.id) AND j.seq = o.last_seq
             AND COALESCE(OCTET_LENGTH(j.output), 0) <= @bytes
        UNION ALL
        SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, e.id, e.state
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = s.shard AND e.namespace = @namespace AND e.id = UNHEX(s.id)
        """;

    /// <summary>@shard follows from the key.</summary>
    [StringSyntax("sql")]
    public string FindExecutionByKey { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4)
        FROM {prefix}start_keys AS k
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (PRIMARY)
          ON e.shard = @shard AND e.namespace = @namespace AND e.id = k.execution
        WHERE k.shard = @shard AND k.namespace = @namespace AND k.`key` = @key
        UNION ALL
        SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4)
        FROM {prefix}start_keys AS k
        STRAIGHT_JOIN {prefix}outcomes AS o FORCE INDEX (PRIMARY)
          ON o.shard = @shard AND o.namespace = @namespace AND o.id = k.execution
        WHERE k.shard = @shard AND k.namespace = @namespace AND k.`key` = @key
        """;

    /// <summary>
    /// The newest, since ids sort by their time, live or of any terminal state: @before is the id before which to begin
    /// and @workflow the workflow, or NULL, @limit how many.
    /// </summary>
    [StringSyntax("sql")]
    public string ListExecutions { get; } = $"""
        (SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4)
         FROM {prefix}executions AS e FORCE INDEX FOR ORDER BY (newest)
         WHERE e.namespace = @namespace AND (@before IS NULL OR e.id < UNHEX(@before))
           AND (@workflow IS NULL OR e.workflow = @workflow)
         ORDER BY e.id DESC
         LIMIT @limit)
        UNION ALL
        (SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4)
         FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
         WHERE o.namespace = @namespace AND o.state = 6 AND (@before IS NULL OR o.id < UNHEX(@before))
           AND (@workflow IS NULL OR o.workflow = @workflow)
         ORDER BY o.id DESC
         LIMIT @limit)
        UNION ALL
        (SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4)
         FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
         WHERE o.namespace = @namespace AND o.state = 7 AND (@before IS NULL OR o.id < UNHEX(@before))
           AND (@workflow IS NULL OR o.workflow = @workflow)
         ORDER BY o.id DESC
         LIMIT @limit)
        UNION ALL
        (SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4)
         FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
         WHERE o.namespace = @namespace AND o.state = 8 AND (@before IS NULL OR o.id < UNHEX(@before))
           AND (@workflow IS NULL OR o.workflow = @workflow)
         ORDER BY o.id DESC
         LIMIT @limit)
        UNION ALL
        (SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4)
         FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
         WHERE o.namespace = @namespace AND o.state = 9 AND (@before IS NULL OR o.id < UNHEX(@before))
           AND (@workflow IS NULL OR o.workflow = @workflow)
         ORDER BY o.id DESC
         LIMIT @limit)
        ORDER BY 1 DESC
        LIMIT @limit
        """;

    /// <summary>The same for one state of what has not ended.</summary>
    [StringSyntax("sql")]
    public string ListLive { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4)
        FROM {prefix}executions AS e FORCE INDEX FOR ORDER BY (newest)
        WHERE e.namespace = @namespace AND e.state = @state AND (@before IS NULL OR e.id < UNHEX(@before))
          AND (@workflow IS NULL OR e.workflow = @workflow)
        ORDER BY e.id DESC
        LIMIT @limit
        """;

    /// <summary>The same for what is blocked, whose holder is -5: there are few, among many others.</summary>
    [StringSyntax("sql")]
    public string ListBlocked { get; } = $"""
        SELECT e.id, CONVERT(e.workflow USING utf8mb4), CONVERT(e.`key` USING utf8mb4), e.state, e.priority, e.epoch,
               e.settled_epoch, e.owner, e.due_at, e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq,
               e.mail, e.requests, e.crashes, e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason,
               CONVERT(e.input_hash USING utf8mb4), e.created_at, e.started_at, NULL,
               CONVERT(e.waits_for USING utf8mb4)
        FROM {prefix}executions AS e FORCE INDEX (live)
        WHERE e.namespace = @namespace AND e.holder = -5 AND e.state = @state
          AND (@before IS NULL OR e.id < UNHEX(@before))
          AND (@workflow IS NULL OR e.workflow = @workflow)
        ORDER BY e.id DESC
        LIMIT @limit
        """;

    /// <summary>The same for one terminal state.</summary>
    [StringSyntax("sql")]
    public string ListEnded { get; } = $"""
        SELECT o.id, CONVERT(o.workflow USING utf8mb4), CONVERT(o.`key` USING utf8mb4), o.state, o.priority, o.epoch,
               o.settled_epoch, 0, o.due_at, o.deadline, o.attempt, o.max_attempts, o.retry_backoff, o.last_seq,
               o.mail, 0, o.crashes, o.barren_crashes, o.sole_suspect_crashes, 0,
               CONVERT(o.input_hash USING utf8mb4), o.created_at, o.started_at, o.finished_at,
               CONVERT(o.waits_for USING utf8mb4)
        FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
        WHERE o.namespace = @namespace AND o.state = @state AND (@before IS NULL OR o.id < UNHEX(@before))
          AND (@workflow IS NULL OR o.workflow = @workflow)
        ORDER BY o.id DESC
        LIMIT @limit
        """;

    [StringSyntax("sql")]
    public string ReadJournal { get; } = $"""
        SELECT seq, kind, CONVERT(`key` USING utf8mb4), position, ordinal, failed, input, output, at, started_at,
               attempt, epoch, origin_seq, CONVERT(worker USING utf8mb4)
        FROM {prefix}journal
        WHERE shard = @shard AND namespace = @namespace AND execution = UNHEX(@id) AND seq > @after
        ORDER BY seq
        LIMIT @limit
        """;

    [StringSyntax("sql")]
    public string ReadTries { get; } = $"""
        SELECT CONVERT(`key` USING utf8mb4), attempt, epoch, phase, execution_attempt, input, failure, started_at,
               ended_at, retry_at, CONVERT(worker USING utf8mb4), output
        FROM {prefix}attempts
        WHERE shard = @shard AND namespace = @namespace AND execution = UNHEX(@id)
        ORDER BY `key`, attempt, epoch, phase
        """;

    [StringSyntax("sql")]
    public string ReadCrashes { get; } = $"""
        SELECT epoch, session, CONVERT(worker USING utf8mb4), at
        FROM {prefix}crashes
        WHERE shard = @shard AND namespace = @namespace AND execution = UNHEX(@id)
        ORDER BY epoch
        """;

    [StringSyntax("sql")]
    public string ReadRefusals { get; } = $"""
        SELECT CONVERT(build USING utf8mb4), difference, at
        FROM {prefix}refusals
        WHERE shard = @shard AND namespace = @namespace AND execution = UNHEX(@id)
        ORDER BY at, build
        """;

    [StringSyntax("sql")]
    public string FindOrigin { get; } = $"""
        SELECT execution, kind, source, CONVERT(name USING utf8mb4), seq, at, edits
        FROM {prefix}origins
        WHERE shard = @shard AND namespace = @namespace AND execution = UNHEX(@id)
        """;

    [StringSyntax("sql")]
    public string ListDescendants { get; } = $"""
        SELECT execution, kind, source, CONVERT(name USING utf8mb4), seq, at, edits
        FROM {prefix}origins FORCE INDEX (source)
        WHERE namespace = @namespace AND source = UNHEX(@source) AND (@after IS NULL OR execution > UNHEX(@after))
        ORDER BY execution
        LIMIT @limit
        """;
}
