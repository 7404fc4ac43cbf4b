namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// Looks, without a lock, whether there is anything to do: $4 is the session that asks, $5 its build, $6 the grace
    /// of deadlines. One row: the time, the next expiry of another session, whether any is over, whether anything is
    /// past its deadline, whether this build may try anything blocked.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadDuties { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        expiry AS MATERIALIZED (
          SELECT min(o.expires_at) AS next FROM {schema}.sessions AS o WHERE o.namespace = $1 AND o.id <> $4)
        SELECT c.now, x.next, coalesce(x.next <= c.now, false),
               EXISTS (SELECT
                       FROM {schema}.executions AS e
                       WHERE e.namespace = $1 AND e.deadline IS NOT NULL AND e.deadline <= c.now
                         AND NOT e.deadline_delivered AND e.state < 6 AND e.owner = 0
                         AND (e.started_at IS NULL OR e.backing_off OR e.state = 5
                              OR (e.deadline <= c.now - $6::bigint AND e.due_at <= c.now - $6::bigint))),
               EXISTS (SELECT
                       FROM {schema}.executions AS e
                       WHERE e.namespace = $1 AND e.state >= 5 AND e.state <> 6 AND e.state = 5
                         AND e.blocked_reason = 1
                         AND EXISTS (SELECT
                                     FROM {schema}.sessions AS k
                                     WHERE k.namespace = $1 AND k.id = $4 AND e.workflow = ANY (k.workflows))
                         AND NOT EXISTS (SELECT
                                         FROM {schema}.refusals AS r
                                         WHERE r.shard = e.shard AND r.namespace = $1 AND r.execution = e.id
                                           AND r.build = $5))
        FROM clock AS c
        CROSS JOIN expiry AS x
        """;

    /// <summary>
    /// Whether somebody owns anything without a session: a look into each gap between the sessions, not at what they
    /// own, nor at what they have owned, which somebody's old snapshot may keep in the index.
    /// </summary>
    [StringSyntax("sql")]
    public string LookForStrangers { get; } = $"""
        WITH gaps AS MATERIALIZED (
          SELECT s.id AS above,
                 coalesce(lead(s.id) OVER (ORDER BY s.id) - 1, 9223372036854775807) AS up_to
          FROM (SELECT 0::bigint AS id
                UNION ALL
                SELECT o.id FROM {schema}.sessions AS o WHERE o.namespace = $1) AS s)
        SELECT EXISTS (SELECT
                       FROM gaps AS g
                       CROSS JOIN LATERAL (
                         SELECT e.owner
                         FROM {schema}.executions AS e
                         WHERE e.namespace = $1 AND e.owner > g.above AND e.owner <= g.up_to AND e.owner > 0
                         ORDER BY e.owner
                         LIMIT 1) AS f)
        """;

    /// <summary>
    /// $4 is the session that asks: it must have beaten within half its claim timeout, and been on time for two
    /// intervals, to judge others. An outage or a jump of the clock makes everybody look dead to whoever slept through
    /// it. A session that has beaten meanwhile stays. Locked in their order, as by all who sweep at that moment.
    /// </summary>
    [StringSyntax("sql")]
    public string DeleteExpiredSessions { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        held AS MATERIALIZED (
          SELECT s.id
          FROM {schema}.sessions AS s
          WHERE s.namespace = $1 AND s.id <> $4 AND s.expires_at <= (SELECT c.now FROM clock AS c)
          ORDER BY s.id
          FOR UPDATE)
        DELETE FROM {schema}.sessions AS o
        USING held AS h, clock AS c
        WHERE o.namespace = $1 AND o.id = h.id
          AND EXISTS (SELECT
                      FROM {schema}.sessions AS j
                      WHERE j.namespace = $1 AND j.id = $4 AND j.last_beat_at <= c.now
                        AND (c.now - j.last_beat_at) * 2 <= j.claim_timeout
                        AND c.now - j.on_time_since >= 2 * j.heartbeat_interval)
        RETURNING o.id, o.worker
        """;

    /// <summary>$2 is the session that asks.</summary>
    [StringSyntax("sql")]
    public string ReadNextExpiry { get; } = $"""
        SELECT min(expires_at) FROM {schema}.sessions WHERE namespace = $1 AND id <> $2
        """;

    /// <summary>
    /// Whether the session $4 may judge, as above, and if so the owners without a session; one row at least. A walk
    /// over owners within each gap between the sessions, not over what they own.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadDeadOwners { get; } = $"""
        WITH RECURSIVE clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        gaps AS MATERIALIZED (
          SELECT s.id AS above,
                 coalesce(lead(s.id) OVER (ORDER BY s.id) - 1, 9223372036854775807) AS up_to
          FROM (SELECT 0::bigint AS id
                UNION ALL
                SELECT o.id FROM {schema}.sessions AS o WHERE o.namespace = $1) AS s),
        owners (owner, up_to) AS (
          SELECT f.owner, g.up_to
          FROM gaps AS g
          CROSS JOIN LATERAL (
            SELECT e.owner
            FROM {schema}.executions AS e
            WHERE e.namespace = $1 AND e.owner > g.above AND e.owner <= g.up_to AND e.owner > 0
            ORDER BY e.owner
            LIMIT 1) AS f
          UNION ALL
          SELECT n.owner, p.up_to
          FROM owners AS p
          CROSS JOIN LATERAL (
            SELECT e.owner
            FROM {schema}.executions AS e
            WHERE e.namespace = $1 AND e.owner > p.owner AND e.owner <= p.up_to AND e.owner > 0
            ORDER BY e.owner
            LIMIT 1) AS n)
        SELECT a.judges, p.owner
        FROM (SELECT EXISTS (SELECT
                             FROM {schema}.sessions AS j
                             WHERE j.namespace = $1 AND j.id = $4 AND j.last_beat_at <= c.now
                               AND (c.now - j.last_beat_at) * 2 <= j.claim_timeout
                               AND c.now - j.on_time_since >= 2 * j.heartbeat_interval) AS judges
              FROM clock AS c) AS a
        LEFT JOIN owners AS p ON a.judges
        """;

    /// <summary>
    /// $2 is a session that is no more, but owned more than one page: its crashes so far name its worker. It is asked
    /// for seldom, and crashes are few, so no index is kept for it.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadBuriedWorker { get; } = $"""
        SELECT worker FROM {schema}.crashes WHERE namespace = $1 AND session = $2 LIMIT 1
        """;

    /// <summary>
    /// How many suspects the owner $2 has; $3 is from how many crashes on. Progress clears suspicion.
    /// </summary>
    [StringSyntax("sql")]
    public string CountSuspects { get; } = $"""
        SELECT count(*)
        FROM {schema}.executions AS e
        WHERE e.namespace = $1 AND e.owner = $2 AND e.owner > 0 AND e.barren_crashes >= $3
          AND NOT EXISTS (SELECT
                          FROM {schema}.journal AS j
                          WHERE j.shard = e.shard AND j.namespace = $1 AND j.execution = e.id
                            AND j.seq > e.crash_seq)
        """;

    /// <summary>
    /// $2 is the owner, $3 how many. Suspects come first, so that counting them again for a later page finds none.
    /// Locks are waited for, in the one order: a zombie that writes all the time holds them nearly always, and must not
    /// keep what it has by that.
    /// </summary>
    [StringSyntax("sql")]
    public string LockOrphans { get; } = $"""
        WITH page AS MATERIALIZED (
          SELECT shard, id
          FROM {schema}.executions
          WHERE namespace = $1 AND owner = $2 AND owner > 0
          ORDER BY barren_crashes DESC, shard, id
          LIMIT $3)
        SELECT e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at, e.deadline,
               e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes, e.barren_crashes,
               e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at, e.started_at, e.finished_at,
               e.waits_for, e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM (SELECT * FROM page ORDER BY shard, id) AS p
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.executions AS x
          WHERE x.shard = p.shard AND x.namespace = $1 AND x.id = p.id AND x.owner = $2
          OFFSET 0
          FOR NO KEY UPDATE OF x) AS e
        """;

    /// <summary>
    /// The same, and passes over what is locked, to what lies behind it: for when a stranger holds some of them for
    /// long, and the others must not wait.
    /// </summary>
    [StringSyntax("sql")]
    public string LockFreeOrphans { get; } = $"""
        SELECT e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at, e.deadline,
               e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes, e.barren_crashes,
               e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at, e.started_at, e.finished_at,
               e.waits_for, e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM {schema}.executions AS e
        WHERE e.namespace = $1 AND e.owner = $2 AND e.owner > 0
        ORDER BY e.barren_crashes DESC, e.shard, e.id
        LIMIT $3
        FOR NO KEY UPDATE OF e SKIP LOCKED
        """;

    /// <summary>
    /// $4 is the grace, $5 how many. Those whose code might still be told are ended when they could have been claimed
    /// for it for all of the grace.
    /// </summary>
    [StringSyntax("sql")]
    public string LockPastDeadline { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now)
        SELECT e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at, e.deadline,
               e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes, e.barren_crashes,
               e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at, e.started_at, e.finished_at,
               e.waits_for, e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM {schema}.executions AS e
        WHERE e.namespace = $1 AND e.deadline IS NOT NULL AND e.deadline <= (SELECT c.now FROM clock AS c)
          AND NOT e.deadline_delivered AND e.state < 6 AND e.owner = 0
          AND (e.started_at IS NULL OR e.backing_off OR e.state = 5
               OR (e.deadline <= (SELECT c.now FROM clock AS c) - $4::bigint
                   AND e.due_at <= (SELECT c.now FROM clock AS c) - $4::bigint))
        ORDER BY e.deadline
        LIMIT $5
        FOR NO KEY UPDATE OF e SKIP LOCKED
        """;

    /// <summary>$4 is the build, $5 how many, $6 the session, which has to know the workflow.</summary>
    [StringSyntax("sql")]
    public string Unblock { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        held AS MATERIALIZED (
          SELECT e.shard, $1 AS namespace, e.id
          FROM {schema}.executions AS e
          WHERE e.namespace = $1 AND e.state >= 5 AND e.state <> 6 AND e.state = 5 AND e.blocked_reason = 1
            AND e.owner = 0
            AND EXISTS (SELECT
                        FROM {schema}.sessions AS k
                        WHERE k.namespace = $1 AND k.id = $6 AND e.workflow = ANY (k.workflows))
            AND NOT EXISTS (SELECT
                            FROM {schema}.refusals AS r
                            WHERE r.shard = e.shard AND r.namespace = $1 AND r.execution = e.id AND r.build = $4)
          ORDER BY e.id
          LIMIT $5
          FOR NO KEY UPDATE OF e SKIP LOCKED)
        UPDATE {schema}.executions AS e
        SET state = 0, blocked_reason = 0, due_at = c.now
        FROM held AS h, clock AS c
        WHERE e.shard = ANY (ARRAY[h.shard]) AND e.namespace = h.namespace AND e.id = h.id
        RETURNING e.id
        """;
}
