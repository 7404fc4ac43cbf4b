namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// Inserts executions in the order of their keys, which is the order of their locks, and none whose id or key is
    /// taken. What is due at once and names a living session is owned by it from the start.
    /// </summary>
    [StringSyntax("sql")]
    public string InsertExecutions { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now)
        INSERT INTO {schema}.executions (
          shard, namespace, id, workflow, key, input_hash, priority, max_attempts, retry_backoff, created_at, state,
          epoch, owner, due_at, deadline, started_at)
        SELECT s.shard, $1, s.id, s.workflow, s.key, s.input_hash, s.priority, s.max_attempts, s.retry_backoff, c.now,
               direct::integer, direct::integer, CASE WHEN direct THEN s.owner ELSE 0 END, t.due_at,
               CASE WHEN s.timeout > 9223372036854775807 - t.due_at THEN 9223372036854775807
                    ELSE t.due_at + s.timeout END,
               CASE WHEN direct THEN c.now END
        FROM clock AS c
        CROSS JOIN unnest($4::smallint[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::smallint[],
                          $10::integer[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[])
          WITH ORDINALITY AS s (shard, id, workflow, key, input_hash, priority, max_attempts, retry_backoff, delay,
                                due_at, timeout, owner, place)
        CROSS JOIN LATERAL (SELECT greatest(c.now, coalesce(s.due_at, c.now + s.delay)) AS due_at) AS t
        CROSS JOIN LATERAL (
          SELECT s.owner > 0 AND t.due_at = c.now
                 AND s.owner = ANY (ARRAY(SELECT o.id
                                          FROM {schema}.sessions AS o
                                          WHERE o.namespace = $1 AND o.id = ANY ($15::bigint[]))) AS direct) AS d
        ORDER BY s.shard, s.key, s.id, s.place
        ON CONFLICT DO NOTHING
        RETURNING id, epoch, due_at, created_at
        """;

    /// <summary>
    /// Inserts executions without keys, and fails when one is there: an insertion that might meet another costs a look
    /// before and a record after. The time is that of the transaction, which begins with this.
    /// </summary>
    [StringSyntax("sql")]
    public string InsertNew { get; } = $"""
        INSERT INTO {schema}.executions (
          shard, namespace, id, workflow, input_hash, priority, max_attempts, retry_backoff, created_at, state, epoch,
          owner, due_at, deadline, started_at)
        SELECT s.shard, $1, s.id, s.workflow, s.input_hash, s.priority, s.max_attempts, s.retry_backoff, c.now,
               direct::integer, direct::integer, CASE WHEN direct THEN s.owner ELSE 0 END, t.due_at,
               CASE WHEN s.timeout > 9223372036854775807 - t.due_at THEN 9223372036854775807
                    ELSE t.due_at + s.timeout END,
               CASE WHEN direct THEN c.now END
        FROM (SELECT greatest(
                       $2::bigint, coalesce($3::bigint, (extract(epoch FROM now()) * 1000000)::bigint)) AS now
              OFFSET 0) AS c
        CROSS JOIN unnest($4::smallint[], $5::uuid[], $6::text[], $7::text[], $8::smallint[], $9::integer[],
                          $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])
          AS s (shard, id, workflow, input_hash, priority, max_attempts, retry_backoff, delay, due_at, timeout, owner)
        CROSS JOIN LATERAL (SELECT greatest(c.now, coalesce(s.due_at, c.now + s.delay)) AS due_at) AS t
        CROSS JOIN LATERAL (
          SELECT s.owner > 0 AND t.due_at = c.now
                 AND s.owner = ANY (ARRAY(SELECT o.id
                                          FROM {schema}.sessions AS o
                                          WHERE o.namespace = $1 AND o.id = ANY ($14::bigint[]))) AS direct) AS d
        ORDER BY s.shard, s.id
        RETURNING id, epoch, due_at, created_at
        """;

    /// <summary>Inserts their inputs, at the same time.</summary>
    [StringSyntax("sql")]
    public string InsertNewInputs { get; } = $"""
        INSERT INTO {schema}.journal (
          shard, namespace, execution, seq, kind, key, position, ordinal, failed, input, output, at, started_at,
          attempt, epoch, origin_seq, worker)
        SELECT s.shard, $1, s.id, 0, s.kind, '', 0, 0, false, s.input, s.output, c.now, c.now, s.attempt, s.epoch, 0,
               s.worker
        FROM (SELECT greatest(
                       $2::bigint, coalesce($3::bigint, (extract(epoch FROM now()) * 1000000)::bigint)) AS now
              OFFSET 0) AS c
        CROSS JOIN unnest($4::smallint[], $5::uuid[], $6::smallint[], $7::bytea[], $8::bytea[], $9::integer[],
                          $10::bigint[], $11::text[]) AS s (shard, id, kind, input, output, attempt, epoch, worker)
        """;

    /// <summary>Inserts the inputs of executions that are there, with the time of their start.</summary>
    [StringSyntax("sql")]
    public string InsertInputs { get; } = $"""
        INSERT INTO {schema}.journal (
          shard, namespace, execution, seq, kind, key, position, ordinal, failed, input, output, at, started_at,
          attempt, epoch, origin_seq, worker)
        SELECT s.shard, $1, s.id, 0, s.kind, '', 0, 0, false, s.input, s.output, e.created_at, e.created_at,
               s.attempt, s.epoch, 0, s.worker
        FROM unnest($2::smallint[], $3::uuid[], $4::smallint[], $5::bytea[], $6::bytea[], $7::integer[], $8::bigint[],
                    $9::text[]) AS s (shard, id, kind, input, output, attempt, epoch, worker)
        CROSS JOIN LATERAL (
          SELECT x.created_at
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id
          OFFSET 0) AS e
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Reads executions by id or key, after the inserts: what is there now had been there or is new.</summary>
    [StringSyntax("sql")]
    public string ReadStarted { get; } = $"""
        SELECT e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at, e.deadline,
               e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes, e.barren_crashes,
               e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at, e.started_at, e.finished_at,
               e.waits_for, e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM unnest($2::smallint[], $3::uuid[]) AS s (shard, id)
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id
          OFFSET 0) AS e
        UNION ALL
        SELECT e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at, e.deadline,
               e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes, e.barren_crashes,
               e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at, e.started_at, e.finished_at,
               e.waits_for, e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM unnest($2::smallint[], $4::text[]) AS s (shard, key)
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.key = s.key
          OFFSET 0) AS e
        WHERE s.key IS NOT NULL
        """;
}
