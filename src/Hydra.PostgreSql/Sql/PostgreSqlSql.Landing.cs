namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// $1 bounds a statement and a client that stands still, in milliseconds, unless the role or the connection has a
    /// stricter bound; $2 marks the transaction. All of it ends with the transaction, by which that can be known.
    /// </summary>
    [StringSyntax("sql")]
    public static string PrepareStep => """
        SELECT set_config(name, coalesce(least(nullif(current, 0), $1::bigint), $1::bigint)::text, true),
               set_config('hydra.step', $2, true)
        FROM (VALUES ('statement_timeout'), ('idle_in_transaction_session_timeout')) AS bounded (name),
             LATERAL (SELECT (extract(epoch FROM current_setting(name)::interval) * 1000)::bigint) AS now (current)
        """;

    [StringSyntax("sql")]
    public static string ReadMark => "SELECT coalesce(current_setting('hydra.step', true), '')";

    /// <summary>
    /// Lands a result: $2 is the shard, $3 the id, the others as named. Only while the session $14 owns the execution
    /// under the epoch, which the lock of the row makes sure of until the transaction ends, and in the transaction
    /// marked $13.
    /// </summary>
    [StringSyntax("sql")]
    public string Land { get; } = $"""
        INSERT INTO {schema}.attempts (
          shard, namespace, execution, key, attempt, epoch, phase, execution_attempt, input, output, started_at,
          ended_at, worker)
        SELECT e.shard, e.namespace, e.id, $4::text, $5::integer, $6::bigint, 5, $7::integer, $8::bytea, $9::bytea,
               $10::bigint, $11::bigint, $12::text
        FROM (
          SELECT x.shard, x.namespace, x.id
          FROM {schema}.executions AS x
          WHERE x.shard = $2 AND x.namespace = $1 AND x.id = $3 AND x.epoch = $6 AND x.owner = $14 AND x.state = 1
            AND current_setting('hydra.step', true) = $13::text
          OFFSET 0
          FOR SHARE OF x) AS e
        RETURNING 1
        """;

    /// <summary>
    /// Puts a bar in the place of a result, unless there is one: $4 is the key, $5 the attempt, $6 the epoch, $12
    /// the session, the others as named. It waits for whoever is about to insert the same row.
    /// </summary>
    [StringSyntax("sql")]
    public string Bar { get; } = $"""
        INSERT INTO {schema}.attempts (
          shard, namespace, execution, key, attempt, epoch, phase, execution_attempt, input, failure, started_at,
          worker)
        SELECT e.shard, e.namespace, e.id, $4::text, $5::integer, $6::bigint, 5, $7::integer, $8::bytea, $9::bytea,
               $10::bigint, $11::text
        FROM (
          SELECT x.shard, x.namespace, x.id
          FROM {schema}.executions AS x
          WHERE x.shard = $2 AND x.namespace = $1 AND x.id = $3 AND x.epoch = $6 AND x.owner = $12 AND x.state = 1
          OFFSET 0
          FOR SHARE OF x) AS e
        ON CONFLICT DO NOTHING
        """;

    /// <summary>$2 is the shard, $3 the id, $4 the key, $5 the attempt, $6 the epoch.</summary>
    [StringSyntax("sql")]
    public string ReadLanded { get; } = $"""
        SELECT key, attempt, epoch, phase, execution_attempt, input, failure, started_at, ended_at, retry_at, worker,
               output
        FROM {schema}.attempts
        WHERE shard = $2 AND namespace = $1 AND execution = $3 AND key = $4 AND attempt = $5 AND epoch = $6
          AND phase = 5 AND failure IS NULL
        """;

    /// <summary>$2 is the shard, $3 the id, $4 the key.</summary>
    [StringSyntax("sql")]
    public string FindLanded { get; } = $"""
        SELECT key, attempt, epoch, phase, execution_attempt, input, failure, started_at, ended_at, retry_at, worker,
               output
        FROM {schema}.attempts
        WHERE shard = $2 AND namespace = $1 AND execution = $3 AND key = $4 AND phase = 5 AND failure IS NULL
        ORDER BY attempt, epoch
        LIMIT 2
        """;
}
