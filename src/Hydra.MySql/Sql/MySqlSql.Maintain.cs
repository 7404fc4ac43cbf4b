namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>
    /// Looks, without a lock, whether there is anything to do: @grace is that of deadlines. One row: the time, whether
    /// anything is past its deadline, whether this build may try anything blocked (holder -5).
    /// </summary>
    [StringSyntax("sql")]
    public string ReadDuties { get; } = $"""
        SELECT CAST(@hydra_now AS SIGNED),
               EXISTS (SELECT 1
                       FROM {prefix}executions AS e FORCE INDEX (open_deadline)
                       WHERE e.namespace = @namespace AND e.open_deadline <= @hydra_now AND e.owner = 0
                         AND (e.started_at IS NULL OR e.backing_off OR e.state = 5
                              OR (e.open_deadline <= @hydra_now - @grace AND e.due_at <= @hydra_now - @grace))),
               EXISTS (SELECT 1
                       FROM {prefix}session_workflows AS w
                       STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (live)
                         ON e.namespace = @namespace AND e.holder = -5 AND e.workflow = w.workflow
                       WHERE w.namespace = @namespace AND w.session = @session AND e.blocked_reason = 1
                         AND (SELECT 1
                              FROM {prefix}refusals AS r FORCE INDEX (PRIMARY)
                              WHERE r.shard = e.shard AND r.namespace = @namespace AND r.execution = e.id
                                AND r.build = @build) IS NULL)
        """;

    /// <summary>When the sessions of others end.</summary>
    [StringSyntax("sql")]
    public string ReadExpiries { get; } = $"""
        SELECT id, expires_at FROM {prefix}sessions WHERE namespace = @namespace
        """;

    /// <summary>
    /// Owners that are none of the sessions in {sessions}: a look into each gap between those, not at what they own. It
    /// gives up after a second, each server in its own words.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadStrangers { get; } = $$"""
        /*M! SET STATEMENT max_statement_time = 1 FOR */
        SELECT /*+ MAX_EXECUTION_TIME(1000) */ e.holder
        FROM {{prefix}}executions AS e FORCE INDEX (live)
        WHERE e.namespace = @namespace AND e.holder > 0 AND e.holder NOT IN ({sessions})
        ORDER BY e.holder
        LIMIT 1
        """;

    /// <summary>
    /// Whether the session that asks may judge others: it must have beaten within half its claim timeout, and been on
    /// time for two intervals. An outage or a jump of the clock makes everybody look dead to whoever slept through it.
    /// </summary>
    [StringSyntax("sql")]
    public string SetJudges { get; } = $"""
        SET @hydra_judges = EXISTS (
          SELECT 1
          FROM {prefix}sessions AS j
          WHERE j.namespace = @namespace AND j.id = @session AND j.last_beat_at <= @hydra_now
            AND (@hydra_now - j.last_beat_at) * 2 <= j.claim_timeout
            AND @hydra_now - j.on_time_since >= 2 * j.heartbeat_interval)
        """;

    [StringSyntax("sql")]
    public static string ReadJudges => "SELECT @hydra_judges";

    /// <summary>The sessions whose time is over, without a lock.</summary>
    [StringSyntax("sql")]
    public string ReadExpiredSessions { get; } = $"""
        SELECT o.id, CONVERT(o.worker USING utf8mb4)
        FROM {prefix}sessions AS o
        WHERE o.namespace = @namespace AND o.id <> @session AND o.expires_at <= @hydra_now AND @hydra_judges
        ORDER BY o.id
        """;

    /// <summary>One of them. A session that has beaten meanwhile stays.</summary>
    [StringSyntax("sql")]
    public string DeleteExpiredSession { get; } = $"""
        DELETE FROM {prefix}sessions
        WHERE namespace = @namespace AND id = @expired AND expires_at <= @hydra_now AND @hydra_judges
        """;

    [StringSyntax("sql")]
    public static string ReadCount => "SELECT ROW_COUNT()";

    /// <summary>How many suspects an owner has; progress clears suspicion.</summary>
    [StringSyntax("sql")]
    public string CountSuspects { get; } = $"""
        SELECT COUNT(*)
        FROM {prefix}executions AS e FORCE INDEX (live)
        WHERE e.namespace = @namespace AND e.holder = @owner AND e.barren_crashes >= @suspectAfter
          AND NOT EXISTS (SELECT 1
                          FROM {prefix}journal AS j FORCE INDEX (PRIMARY)
                          WHERE j.shard = e.shard AND j.namespace = @namespace AND j.execution = e.id
                            AND j.seq > e.crash_seq)
        """;

    /// <summary>
    /// @owner is a session that is no more, but owned more than one page: its crashes so far name its worker. It is
    /// asked for seldom, and crashes are few, so no index is kept for it. It gives up after a second.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadBuriedWorker { get; } = $"""
        /*M! SET STATEMENT max_statement_time = 1 FOR */
        SELECT /*+ MAX_EXECUTION_TIME(1000) */ CONVERT(worker USING utf8mb4)
        FROM {prefix}crashes
        WHERE namespace = @namespace AND session = @owner
        LIMIT 1
        """;

    /// <summary>
    /// What an owner has, behind the first @passed. Suspects come first, so that counting them again for a later page
    /// finds none.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadPage { get; } = $"""
        SELECT id
        FROM {prefix}executions FORCE INDEX (live)
        WHERE namespace = @namespace AND holder = @owner
        ORDER BY barren_crashes DESC, shard, id
        LIMIT @limit OFFSET @passed
        """;

    /// <summary>
    /// Those whose code might still be told are ended when they could have been claimed for it for all of the grace.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadPastDeadline { get; } = $"""
        SELECT e.id
        FROM {prefix}executions AS e FORCE INDEX (open_deadline)
        WHERE e.namespace = @namespace AND e.open_deadline <= @hydra_now AND e.owner = 0
          AND (e.started_at IS NULL OR e.backing_off OR e.state = 5
               OR (e.open_deadline <= @hydra_now - @grace AND e.due_at <= @hydra_now - @grace))
        ORDER BY e.open_deadline
        LIMIT @limit
        """;

    /// <summary>Locks those of @rows that are still past their deadline and that nobody else holds.</summary>
    [StringSyntax("sql")]
    public string LockPastDeadline { get; } = $"""
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
        WHERE e.open_deadline <= @hydra_now AND e.owner = 0
          AND (e.started_at IS NULL OR e.backing_off OR e.state = 5
               OR (e.open_deadline <= @hydra_now - @grace AND e.due_at <= @hydra_now - @grace))
        FOR UPDATE SKIP LOCKED
        """;

    /// <summary>
    /// What is blocked, of the workflows that the session knows, and was never refused by the build.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadBlocked { get; } = $"""
        SELECT e.id
        FROM {prefix}session_workflows AS w
        STRAIGHT_JOIN {prefix}executions AS e FORCE INDEX (live)
          ON e.namespace = @namespace AND e.holder = -5 AND e.workflow = w.workflow
        WHERE w.namespace = @namespace AND w.session = @session AND e.blocked_reason = 1
          AND (SELECT 1
               FROM {prefix}refusals AS r FORCE INDEX (PRIMARY)
               WHERE r.shard = e.shard AND r.namespace = @namespace AND r.execution = e.id
                 AND r.build = @build) IS NULL
        LIMIT @limit
        """;

    /// <summary>Locks those of @rows that are still blocked and that nobody else holds.</summary>
    [StringSyntax("sql")]
    public string LockBlocked { get; } = $"""
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
        WHERE e.state = 5 AND e.blocked_reason = 1
        FOR UPDATE SKIP LOCKED
        """;

    /// <summary>Which of @rows the build has refused, behind the locks.</summary>
    [StringSyntax("sql")]
    public string ReadRefused { get; } = $"""
        SELECT r.execution
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}refusals AS r FORCE INDEX (PRIMARY)
          ON r.shard = s.shard AND r.namespace = @namespace AND r.execution = UNHEX(s.id) AND r.build = @build
        """;
}
