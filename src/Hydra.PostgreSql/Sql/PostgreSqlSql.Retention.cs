namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// The oldest executions of each shard, since ids sort by their time: $2 is the id behind which to begin, $3 that
    /// before which to end, $4 how many of all and $5 of each.
    /// </summary>
    [StringSyntax("sql")]
    public string ListEnded { get; } = $"""
        SELECT l.id, l.workflow, l.state, l.epoch, l.last_seq, l.finished_at
        FROM generate_series(0, 255) AS s (shard)
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.executions AS e
          WHERE e.shard = s.shard::smallint AND e.namespace = $1 AND e.id > $2 AND e.id < $3
          ORDER BY e.id
          LIMIT $5) AS l
        ORDER BY l.id
        LIMIT $4
        """;

    /// <summary>
    /// Locks executions that have ended, but for those that somebody else has locked: $2 and $3 are their shards and
    /// ids, $4 the epochs under which they ended.
    /// </summary>
    [StringSyntax("sql")]
    public string LockEnded { get; } = $"""
        SELECT e.id
        FROM (SELECT unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id, unnest($4::bigint[]) AS epoch) AS s
        CROSS JOIN LATERAL (
          SELECT x.id
          FROM {schema}.executions AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.id = s.id AND x.epoch = s.epoch AND x.state >= 6
          OFFSET 0
          FOR UPDATE OF x SKIP LOCKED) AS e
        """;

    /// <summary>What belongs to executions that are locked: $2 and $3 are their shards and ids.</summary>
    [StringSyntax("sql")]
    public string DeleteJournals { get; } = $"""
        DELETE FROM {schema}.journal AS j
        USING (
          SELECT $1 AS namespace, unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id
          OFFSET 0) AS s
        WHERE j.execution = s.id AND j.shard = ANY (ARRAY[s.shard]) AND j.namespace = s.namespace
        """;

    [StringSyntax("sql")]
    public string DeleteAttempts { get; } = $"""
        DELETE FROM {schema}.attempts AS a
        USING (
          SELECT $1 AS namespace, unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id
          OFFSET 0) AS s
        WHERE a.execution = s.id AND a.shard = ANY (ARRAY[s.shard]) AND a.namespace = s.namespace
        """;

    [StringSyntax("sql")]
    public string DeleteCrashes { get; } = $"""
        DELETE FROM {schema}.crashes AS c
        USING (
          SELECT $1 AS namespace, unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id
          OFFSET 0) AS s
        WHERE c.execution = s.id AND c.shard = ANY (ARRAY[s.shard]) AND c.namespace = s.namespace
        """;

    [StringSyntax("sql")]
    public string DeleteRefusals { get; } = $"""
        DELETE FROM {schema}.refusals AS r
        USING (
          SELECT $1 AS namespace, unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id
          OFFSET 0) AS s
        WHERE r.execution = s.id AND r.shard = ANY (ARRAY[s.shard]) AND r.namespace = s.namespace
        """;

    [StringSyntax("sql")]
    public string DeleteOrigins { get; } = $"""
        DELETE FROM {schema}.origins AS o
        USING (
          SELECT $1 AS namespace, unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id
          OFFSET 0) AS s
        WHERE o.execution = s.id AND o.shard = ANY (ARRAY[s.shard]) AND o.namespace = s.namespace
        """;

    [StringSyntax("sql")]
    public string DeleteExecutions { get; } = $"""
        DELETE FROM {schema}.executions AS e
        USING (
          SELECT $1 AS namespace, unnest($2::smallint[]) AS shard, unnest($3::uuid[]) AS id
          OFFSET 0) AS s
        WHERE e.shard = ANY (ARRAY[s.shard]) AND e.namespace = s.namespace AND e.id = s.id
        """;
}
