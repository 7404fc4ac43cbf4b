namespace Hydra.PostgreSql.Sql;

/// <summary>The statements that skip locked rows, once more for databases that cannot: these wait.</summary>
/// <remarks>Who waits must take locks in the one order, so each chooses its page first and locks it then.</remarks>
internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// As <see cref="Take"/>: the first $8 are meant, and those that another has taken meanwhile are left out.
    /// </summary>
    [StringSyntax("sql")]
    public string TakeWaiting { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        held AS MATERIALIZED (
          SELECT e.shard, e.id, s.seq, s.place
          FROM unnest($4::smallint[], $5::uuid[], $6::bigint[], $7::bigint[])
            WITH ORDINALITY AS s (shard, id, epoch, seq, place)
          JOIN {schema}.executions AS e
            ON e.shard = s.shard AND e.namespace = $1 AND e.id = s.id AND e.epoch = s.epoch
          WHERE e.owner = 0 AND e.state + 0 < 4 AND s.place <= $8
            AND EXISTS (SELECT FROM {schema}.sessions AS o WHERE o.namespace = $1 AND o.id = $9)
          ORDER BY e.shard, e.namespace, e.id
          FOR NO KEY UPDATE OF e),
        sized AS MATERIALIZED (
          SELECT h.shard, $1 AS namespace, h.id,
                 sum(b.bytes) OVER (ORDER BY h.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM held AS h
          CROSS JOIN LATERAL (
            SELECT coalesce(sum(96 + length(j.key) + length(j.worker) + coalesce(octet_length(j.input), 0)
                                + coalesce(octet_length(j.output), 0)), 0) AS bytes
            FROM {schema}.journal AS j
            WHERE j.shard = h.shard AND j.namespace = $1 AND j.execution = h.id AND j.seq > h.seq) AS b)
        UPDATE {schema}.executions AS e
        SET owner = $9, epoch = e.epoch + 1, state = 1, backing_off = false,
            started_at = coalesce(e.started_at, clock.now)
        FROM sized AS z, clock
        WHERE e.shard = ANY (ARRAY[z.shard]) AND e.namespace = z.namespace AND e.id = z.id
          AND (z.before IS NULL OR z.before < $10)
        RETURNING e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at,
                  e.deadline, e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes,
                  e.barren_crashes, e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at,
                  e.started_at, e.finished_at, e.waits_for
        """;

    /// <summary>What <see cref="LockOrphans"/> would lock, without a lock.</summary>
    [StringSyntax("sql")]
    public string ReadOrphans { get; } = $"""
        SELECT id
        FROM {schema}.executions
        WHERE namespace = $1 AND owner = $2 AND owner > 0
        ORDER BY barren_crashes DESC, shard, id
        LIMIT $3
        """;

    /// <summary>
    /// As <see cref="LockOrphans"/>, of some executions: $2 is the owner, $3 and $4 are their shards and ids.
    /// </summary>
    [StringSyntax("sql")]
    public string LockOrphansOf { get; } = $"""
        SELECT e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at, e.deadline,
               e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes, e.barren_crashes,
               e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at, e.started_at, e.finished_at,
               e.waits_for, e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM (SELECT * FROM unnest($3::smallint[], $4::uuid[]) AS s (shard, id) ORDER BY shard, id) AS p
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.executions AS x
          WHERE x.shard = p.shard AND x.namespace = $1 AND x.id = p.id AND x.owner = $2
          OFFSET 0
          FOR NO KEY UPDATE OF x) AS e
        """;

    /// <summary>As <see cref="LockPastDeadline"/>.</summary>
    [StringSyntax("sql")]
    public string LockPastDeadlineWaiting { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        page AS MATERIALIZED (
          SELECT e.shard, e.id
          FROM {schema}.executions AS e
          WHERE e.namespace = $1 AND e.deadline IS NOT NULL AND e.deadline <= (SELECT c.now FROM clock AS c)
            AND NOT e.deadline_delivered AND e.state < 6 AND e.owner = 0
            AND (e.started_at IS NULL OR e.backing_off OR e.state = 5
                 OR (e.deadline <= (SELECT c.now FROM clock AS c) - $4::bigint
                     AND e.due_at <= (SELECT c.now FROM clock AS c) - $4::bigint))
          ORDER BY e.deadline
          LIMIT $5)
        SELECT e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at, e.deadline,
               e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes, e.barren_crashes,
               e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at, e.started_at, e.finished_at,
               e.waits_for, e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM page AS p
        JOIN {schema}.executions AS e ON e.shard = p.shard AND e.namespace = $1 AND e.id = p.id
        WHERE NOT e.deadline_delivered AND e.state < 6 AND e.owner = 0
          AND (e.started_at IS NULL OR e.backing_off OR e.state = 5
               OR (e.deadline <= (SELECT c.now FROM clock AS c) - $4::bigint
                   AND e.due_at <= (SELECT c.now FROM clock AS c) - $4::bigint))
        ORDER BY e.shard, e.namespace, e.id
        FOR NO KEY UPDATE OF e
        """;

    /// <summary>As <see cref="Unblock"/>.</summary>
    [StringSyntax("sql")]
    public string UnblockWaiting { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        page AS MATERIALIZED (
          SELECT e.shard, e.id
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
          LIMIT $5),
        held AS MATERIALIZED (
          SELECT e.shard, e.id
          FROM page AS p
          JOIN {schema}.executions AS e ON e.shard = p.shard AND e.namespace = $1 AND e.id = p.id
          WHERE e.state = 5 AND e.blocked_reason = 1 AND e.owner = 0
          ORDER BY e.shard, e.namespace, e.id
          FOR NO KEY UPDATE OF e)
        UPDATE {schema}.executions AS e
        SET state = 0, blocked_reason = 0, due_at = c.now
        FROM held AS h, clock AS c
        WHERE e.shard = h.shard AND e.namespace = $1 AND e.id = h.id
        RETURNING e.id
        """;

    /// <summary>As <see cref="LockEnded"/>, in the one order.</summary>
    [StringSyntax("sql")]
    public string LockEndedWaiting { get; } = $"""
        SELECT e.id
        FROM (
          SELECT u.shard, u.id, u.epoch
          FROM (SELECT unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id, unnest($4::bigint[]) AS epoch) AS u
          ORDER BY u.shard, u.id) AS s
        CROSS JOIN LATERAL (
          SELECT x.id
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id AND x.epoch = s.epoch AND x.state >= 6
          OFFSET 0
          FOR UPDATE OF x) AS e
        """;
}
