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
        CROSS JOIN (
          SELECT unnest($4::smallint[]) AS shard, unnest($5::uuid[]) AS id, unnest($6::text[]) AS workflow,
                 unnest($7::text[]) AS key, unnest($8::text[]) AS input_hash, unnest($9::smallint[]) AS priority,
                 unnest($10::integer[]) AS max_attempts, unnest($11::bigint[]) AS retry_backoff,
                 unnest($12::bigint[]) AS delay, unnest($13::bigint[]) AS due_at, unnest($14::bigint[]) AS timeout,
                 unnest($15::bigint[]) AS owner, generate_subscripts($4::smallint[], 1) AS place) AS s
        CROSS JOIN LATERAL (SELECT greatest(c.now, coalesce(s.due_at, c.now + s.delay)) AS due_at OFFSET 0) AS t
        CROSS JOIN LATERAL (
          SELECT s.owner > 0 AND t.due_at = c.now
                 AND s.owner = ANY (ARRAY(SELECT o.id
                                          FROM {schema}.sessions AS o
                                          WHERE o.namespace = $1 AND o.id = ANY ($15::bigint[]))) AS direct
          OFFSET 0) AS d
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
        CROSS JOIN (
          SELECT unnest($4::smallint[]) AS shard, unnest($5::uuid[]) AS id, unnest($6::text[]) AS workflow,
                 unnest($7::text[]) AS input_hash, unnest($8::smallint[]) AS priority,
                 unnest($9::integer[]) AS max_attempts, unnest($10::bigint[]) AS retry_backoff,
                 unnest($11::bigint[]) AS delay, unnest($12::bigint[]) AS due_at, unnest($13::bigint[]) AS timeout,
                 unnest($14::bigint[]) AS owner) AS s
        CROSS JOIN LATERAL (SELECT greatest(c.now, coalesce(s.due_at, c.now + s.delay)) AS due_at OFFSET 0) AS t
        CROSS JOIN LATERAL (
          SELECT s.owner > 0 AND t.due_at = c.now
                 AND s.owner = ANY (ARRAY(SELECT o.id
                                          FROM {schema}.sessions AS o
                                          WHERE o.namespace = $1 AND o.id = ANY ($14::bigint[]))) AS direct
          OFFSET 0) AS d
        ORDER BY s.shard, s.id
        RETURNING id, epoch, due_at, created_at
        """;

    /// <summary>Inserts their inputs, at the same time.</summary>
    [StringSyntax("sql")]
    public string InsertNewInputs { get; } = $"""
        INSERT INTO {schema}.journal (
          shard, namespace, execution, seq, kind, key, position, ordinal, failed, input, output, at, attempt, epoch,
          origin_seq, worker)
        SELECT s.shard, $1, s.id, 0, s.kind, s.key, 0, 0, false, s.input, s.output, c.now, s.attempt, s.epoch,
               nullif(s.origin_seq, 0), s.worker
        FROM (SELECT greatest(
                       $2::bigint, coalesce($3::bigint, (extract(epoch FROM now()) * 1000000)::bigint)) AS now
              OFFSET 0) AS c
        CROSS JOIN (
          SELECT unnest($4::smallint[]) AS shard, unnest($5::uuid[]) AS id, unnest($6::smallint[]) AS kind,
                 unnest($7::bytea[]) AS input, unnest($8::bytea[]) AS output, unnest($9::integer[]) AS attempt,
                 unnest($10::bigint[]) AS epoch, unnest($11::text[]) AS worker, unnest($12::text[]) AS key,
                 unnest($13::bigint[]) AS origin_seq) AS s
        """;

    /// <summary>Inserts the inputs of executions that are there, with the time of their start.</summary>
    [StringSyntax("sql")]
    public string InsertInputs { get; } = $"""
        INSERT INTO {schema}.journal (
          shard, namespace, execution, seq, kind, key, position, ordinal, failed, input, output, at, attempt, epoch,
          origin_seq, worker)
        SELECT s.shard, $1, s.id, 0, s.kind, s.key, 0, 0, false, s.input, s.output, e.created_at, s.attempt, s.epoch,
               nullif(s.origin_seq, 0), s.worker
        FROM (
          SELECT unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id, unnest($4::smallint[]) AS kind,
                 unnest($5::bytea[]) AS input, unnest($6::bytea[]) AS output, unnest($7::integer[]) AS attempt,
                 unnest($8::bigint[]) AS epoch, unnest($9::text[]) AS worker, unnest($10::text[]) AS key,
                 unnest($11::bigint[]) AS origin_seq) AS s
        CROSS JOIN LATERAL (
          SELECT x.created_at
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id
          OFFSET 0) AS e
        ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// Reads executions by id or key, after the inserts: what is there now had been there or is new. What had been
    /// there maybe waited in vain for a standby: the lock, which is in nobody's way, is written, so that this commit
    /// waits for it as well.
    /// </summary>
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
          OFFSET 0
          FOR KEY SHARE OF x) AS e
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
          OFFSET 0
          FOR KEY SHARE OF x) AS e
        WHERE s.key IS NOT NULL
        """;

    /// <summary>Inserts where executions that are there came from.</summary>
    [StringSyntax("sql")]
    public string InsertOrigins { get; } = $"""
        INSERT INTO {schema}.origins (shard, namespace, execution, kind, source, name, seq, at, edits)
        SELECT s.shard, $1, s.id, s.kind, s.source, s.name, s.seq, s.at, s.edits
        FROM (
          SELECT unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id, unnest($4::smallint[]) AS kind,
                 unnest($5::uuid[]) AS source, unnest($6::text[]) AS name, unnest($7::bigint[]) AS seq,
                 unnest($8::bigint[]) AS at, unnest($9::integer[]) AS edits) AS s
        CROSS JOIN LATERAL (
          SELECT
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id
          OFFSET 0) AS e
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Inserts the entries that executions begin with which are there, and have no more than these.</summary>
    [StringSyntax("sql")]
    public string InsertPrefixes { get; } = $"""
        INSERT INTO {schema}.journal (
          shard, namespace, execution, seq, kind, key, position, ordinal, failed, input, output, at, started_at,
          attempt, epoch, origin_seq, worker)
        SELECT s.shard, $1, s.id, s.seq, s.kind, s.key, s.position, s.ordinal, s.failed, s.input, s.output, s.at,
               nullif(s.started_at, s.at), s.attempt, s.epoch, nullif(s.origin_seq, 0), s.worker
        FROM (
          SELECT unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id, unnest($4::bigint[]) AS seq,
                 unnest($5::smallint[]) AS kind, unnest($6::text[]) AS key, unnest($7::integer[]) AS position,
                 unnest($8::integer[]) AS ordinal, unnest($9::boolean[]) AS failed, unnest($10::bytea[]) AS input,
                 unnest($11::bytea[]) AS output, unnest($12::bigint[]) AS at, unnest($13::bigint[]) AS started_at,
                 unnest($14::integer[]) AS attempt, unnest($15::bigint[]) AS epoch,
                 unnest($16::bigint[]) AS origin_seq, unnest($17::text[]) AS worker) AS s
        CROSS JOIN LATERAL (
          SELECT
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id
          OFFSET 0) AS e
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Tells how far the journals reach of executions that have just been inserted with entries.</summary>
    [StringSyntax("sql")]
    public string SetPrefixEnds { get; } = $"""
        UPDATE {schema}.executions AS e
        SET last_seq = s.last_seq
        FROM (
          SELECT $1 AS namespace, unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id,
                 unnest($4::bigint[]) AS last_seq
          OFFSET 0) AS s
        WHERE e.shard = ANY (ARRAY[s.shard]) AND e.namespace = s.namespace AND e.id = s.id AND e.last_seq < s.last_seq
        """;
}
