namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// Looks, without a lock, for what is due: one look into the index for each level, a workflow ($4), a priority ($5)
    /// and whether suspect ($6), from some time on ($7), and one more for what is due next. $8 is the session, whose
    /// build must not have refused it, $9 how many of each level.
    /// The first row tells the time, in the place of an epoch what the clock itself says, and as its flag that the
    /// session is there; the others their level by its place.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadDue { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT t.told, greatest($2::bigint, t.told) AS now
          FROM (SELECT coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS told) AS t),
        levels AS MATERIALIZED (
          SELECT *
          FROM unnest($4::text[], $5::smallint[], $6::boolean[], $7::bigint[])
            WITH ORDINALITY AS u (workflow, priority, suspect, since, place))
        SELECT 0 AS kind, c.now AS due_at, NULL::uuid AS id, 0::bigint AS place,
               EXISTS (SELECT FROM {schema}.sessions AS o WHERE o.namespace = $1 AND o.id = $8) AS flag,
               c.told AS epoch
        FROM clock AS c
        UNION ALL
        SELECT 1, d.due_at, d.id, l.place, false, d.epoch
        FROM clock AS c
        CROSS JOIN levels AS l
        CROSS JOIN LATERAL (
          SELECT e.due_at, e.id, e.epoch
          FROM {schema}.executions AS e
          WHERE e.namespace = $1 AND e.owner = 0 AND e.workflow = l.workflow AND (e.barren_crashes >= 2) = l.suspect
            AND e.priority = l.priority AND e.due_at >= l.since AND e.due_at <= c.now AND e.state < 4
            AND (SELECT true
                 FROM {schema}.refusals AS r
                 WHERE r.shard = e.shard AND r.namespace = $1 AND r.execution = e.id
                   AND r.build = (SELECT o.build
                                  FROM {schema}.sessions AS o
                                  WHERE o.namespace = $1 AND o.id = $8)) IS NULL
          ORDER BY e.due_at, e.id
          LIMIT $9) AS d
        UNION ALL
        SELECT 2, min(d.due_at), NULL, 0, false, 0
        FROM clock AS c
        CROSS JOIN levels AS l
        CROSS JOIN LATERAL (
          SELECT e.due_at
          FROM {schema}.executions AS e
          WHERE e.namespace = $1 AND e.owner = 0 AND e.workflow = l.workflow AND (e.barren_crashes >= 2) = l.suspect
            AND e.priority = l.priority AND e.due_at > c.now AND e.state < 4
            AND (SELECT true
                 FROM {schema}.refusals AS r
                 WHERE r.shard = e.shard AND r.namespace = $1 AND r.execution = e.id
                   AND r.build = (SELECT o.build
                                  FROM {schema}.sessions AS o
                                  WHERE o.namespace = $1 AND o.id = $8)) IS NULL
          ORDER BY e.due_at
          LIMIT 1) AS d
        """;

    /// <summary>
    /// Takes up to $8 of the executions $5 with the epochs $6, in their order, for the session $9, and leaves out what
    /// others hold or have taken. $7 is behind which seq each journal will be read, $10 how many bytes of journals end
    /// the claim. Answers the rows as they are from now on.
    /// </summary>
    [StringSyntax("sql")]
    public string Take { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        held AS MATERIALIZED (
          SELECT s.shard, s.id, s.seq, s.place
          FROM unnest($4::smallint[], $5::uuid[], $6::bigint[], $7::bigint[])
            WITH ORDINALITY AS s (shard, id, epoch, seq, place)
          CROSS JOIN LATERAL (
            SELECT 1
            FROM {schema}.executions AS x
            WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id AND x.epoch = s.epoch AND x.owner = 0
              AND x.state + 0 < 4 -- Not in the words of the index of what is due.
            OFFSET 0
            FOR NO KEY UPDATE OF x SKIP LOCKED) AS e
          WHERE EXISTS (SELECT FROM {schema}.sessions AS o WHERE o.namespace = $1 AND o.id = $9)
          LIMIT $8),
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

    /// <summary>
    /// Reads, behind the locks, the journals of those of $3 that the session $6 owns under the epoch behind $4; $5 is
    /// behind which seq to begin.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadClaimedJournals { get; } = $"""
        SELECT j.execution, j.seq, j.kind, j.key, j.position, j.ordinal, j.failed, j.input, j.output, j.at,
               coalesce(j.started_at, j.at), j.attempt, j.epoch, coalesce(j.origin_seq, 0), j.worker
        FROM unnest($2::smallint[], $3::uuid[], $4::bigint[], $5::bigint[]) AS s (shard, id, epoch, seq)
        CROSS JOIN LATERAL (
          SELECT x.shard, x.id
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id AND x.epoch = s.epoch + 1 AND x.owner = $6
          OFFSET 0) AS e
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.journal AS x
          WHERE x.shard = e.shard AND x.namespace = $1 AND x.execution = e.id AND x.seq > s.seq
          OFFSET 0) AS j
        ORDER BY j.shard, j.execution, j.seq
        """;

    /// <summary>
    /// The same for what failed tries amount to. Phase 1 is failed, 3 and 4 are begun once and taken back, 5 has
    /// landed, unless it is a bar, which has a failure; the payloads are not touched.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadTried { get; } = $"""
        SELECT t.execution, t.key, t.attempt, t.execution_attempt,
               (SELECT count(*)::integer
                FROM {schema}.attempts AS f
                WHERE f.shard = t.shard AND f.namespace = $1 AND f.execution = t.execution AND f.key = t.key
                  AND f.phase = 1 AND f.execution_attempt = t.execution_attempt),
               CASE WHEN t.epoch > t.retry_epoch THEN t.retry_at END,
               t.phase::integer
        FROM (
          SELECT DISTINCT ON (a.shard, a.execution, a.key) a.shard, a.execution, a.key, a.attempt, a.epoch,
                 a.execution_attempt, a.retry_at, a.phase, e.retry_epoch
          FROM unnest($2::smallint[], $3::uuid[], $4::bigint[]) AS s (shard, id, epoch)
          CROSS JOIN LATERAL (
            SELECT x.shard, x.id, x.retry_epoch
            FROM {schema}.executions AS x
            WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id AND x.epoch = s.epoch + 1 AND x.owner = $5
            OFFSET 0) AS e
          CROSS JOIN LATERAL (
            SELECT *
            FROM {schema}.attempts AS x
            WHERE x.shard = e.shard AND x.namespace = $1 AND x.execution = e.id
              AND (x.phase IN (1, 3, 4) OR (x.phase = 5 AND x.failure IS NULL))
            OFFSET 0) AS a
          ORDER BY a.shard, a.execution, a.key, a.attempt DESC, a.epoch DESC, a.phase DESC) AS t
        ORDER BY t.shard, t.execution, t.key
        """;
}
