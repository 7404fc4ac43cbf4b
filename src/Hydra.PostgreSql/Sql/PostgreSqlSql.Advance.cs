namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// Locks executions in the order of their keys, each as it is once its lock is had, and reads what decides.
    /// </summary>
    [StringSyntax("sql")]
    public string LockExecutions { get; } = $"""
        SELECT e.id, e.workflow, e.key, e.state, e.priority, e.epoch, e.settled_epoch, e.owner, e.due_at, e.deadline,
               e.attempt, e.max_attempts, e.retry_backoff, e.last_seq, e.mail, e.requests, e.crashes, e.barren_crashes,
               e.sole_suspect_crashes, e.blocked_reason, e.input_hash, e.created_at, e.started_at, e.finished_at,
               e.waits_for, e.crash_seq, e.backing_off, e.deadline_delivered, e.retry_epoch, e.last_retry
        FROM (SELECT * FROM unnest($2::smallint[], $3::uuid[]) AS u (shard, id) ORDER BY u.shard, u.id) AS s
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id
          OFFSET 0
          FOR NO KEY UPDATE OF x) AS e
        """;

    /// <summary>
    /// Reads the ends of journals from some seq on, and the last entry in any case. A statement of its own, behind the
    /// locks: one that takes a lock sees what was there before it waited.
    /// </summary>
    [StringSyntax("sql")]
    public string ReadTails { get; } = $"""
        SELECT j.execution, j.seq, j.epoch, j.at
        FROM unnest($2::smallint[], $3::uuid[], $4::bigint[]) AS s (shard, id, seq)
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.journal AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.execution = s.id AND x.seq >= s.seq
          OFFSET 0) AS j
        UNION ALL
        SELECT l.execution, l.seq, l.epoch, l.at
        FROM unnest($2::smallint[], $3::uuid[], $4::bigint[]) AS s (shard, id, seq)
        CROSS JOIN LATERAL (
          SELECT j.execution, j.seq, j.epoch, j.at
          FROM {schema}.journal AS j
          WHERE j.shard = s.shard AND j.namespace = $1 AND j.execution = s.id
          ORDER BY j.seq DESC
          LIMIT 1) AS l
        WHERE s.seq = 9223372036854775807
        """;

    [StringSyntax("sql")]
    public string InsertEntries { get; } = $"""
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
        """;

    /// <summary>The same row written twice is one row.</summary>
    [StringSyntax("sql")]
    public string InsertTries { get; } = $"""
        INSERT INTO {schema}.attempts (
          shard, namespace, execution, key, attempt, epoch, phase, execution_attempt, input, failure, started_at,
          ended_at, retry_at, worker)
        SELECT s.shard, $1, s.id, s.key, s.attempt, s.epoch, s.phase, s.execution_attempt, s.input, s.failure,
               s.started_at, s.ended_at, s.retry_at, s.worker
        FROM (
          SELECT unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id, unnest($4::text[]) AS key,
                 unnest($5::integer[]) AS attempt, unnest($6::bigint[]) AS epoch, unnest($7::smallint[]) AS phase,
                 unnest($8::integer[]) AS execution_attempt, unnest($9::bytea[]) AS input,
                 unnest($10::bytea[]) AS failure, unnest($11::bigint[]) AS started_at,
                 unnest($12::bigint[]) AS ended_at, unnest($13::bigint[]) AS retry_at,
                 unnest($14::text[]) AS worker) AS s
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Refusing again replaces what was said.</summary>
    [StringSyntax("sql")]
    public string InsertRefusals { get; } = $"""
        INSERT INTO {schema}.refusals (shard, namespace, execution, build, difference, at)
        SELECT s.shard, $1, s.id, s.build, s.difference, s.at
        FROM unnest($2::smallint[], $3::uuid[], $4::text[], $5::bytea[], $6::bigint[])
          AS s (shard, id, build, difference, at)
        ON CONFLICT (execution, build, shard, namespace) DO UPDATE
        SET difference = excluded.difference, at = excluded.at
        """;

    [StringSyntax("sql")]
    public string InsertCrashes { get; } = $"""
        INSERT INTO {schema}.crashes (shard, namespace, execution, epoch, session, worker, at)
        SELECT s.shard, $1, s.id, s.epoch, s.session, s.worker, s.at
        FROM unnest($2::smallint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[])
          AS s (shard, id, epoch, session, worker, at)
        """;

    /// <summary>
    /// Writes rows that this transaction has locked. Epoch ($4) and owner ($5), as they were read, are proven again.
    /// </summary>
    [StringSyntax("sql")]
    public string UpdateExecutions { get; } = $"""
        UPDATE {schema}.executions AS e
        SET epoch = s.epoch, owner = s.owner, state = s.state, due_at = s.due_at, finished_at = s.finished_at,
            settled_epoch = s.settled_epoch, attempt = s.attempt, last_seq = s.last_seq, crash_seq = s.crash_seq,
            mail = s.mail, requests = s.requests, crashes = s.crashes, barren_crashes = s.barren_crashes,
            sole_suspect_crashes = s.sole_suspect_crashes, blocked_reason = s.blocked_reason,
            backing_off = s.backing_off, deadline_delivered = s.deadline_delivered, waits_for = s.waits_for,
            retry_epoch = s.retry_epoch, last_retry = s.last_retry
        FROM (
          SELECT $1 AS namespace, unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id,
                 unnest($4::bigint[]) AS read_epoch, unnest($5::bigint[]) AS read_owner,
                 unnest($6::bigint[]) AS epoch, unnest($7::bigint[]) AS owner, unnest($8::smallint[]) AS state,
                 unnest($9::bigint[]) AS due_at, unnest($10::bigint[]) AS finished_at,
                 unnest($11::bigint[]) AS settled_epoch, unnest($12::integer[]) AS attempt,
                 unnest($13::bigint[]) AS last_seq, unnest($14::bigint[]) AS crash_seq, unnest($15::bigint[]) AS mail,
                 unnest($16::integer[]) AS requests, unnest($17::integer[]) AS crashes,
                 unnest($18::integer[]) AS barren_crashes, unnest($19::integer[]) AS sole_suspect_crashes,
                 unnest($20::smallint[]) AS blocked_reason, unnest($21::boolean[]) AS backing_off,
                 unnest($22::boolean[]) AS deadline_delivered, unnest($23::text[]) AS waits_for,
                 unnest($24::bigint[]) AS retry_epoch, unnest($25::bigint[]) AS last_retry
          OFFSET 0) AS s
        WHERE e.shard = ANY (ARRAY[s.shard]) AND e.namespace = s.namespace AND e.id = s.id
          AND e.epoch = s.read_epoch AND e.owner = s.read_owner
        """;
}
