namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>The last entries, behind the locks: whether this very termination is what ended an execution.</summary>
    [StringSyntax("sql")]
    public string ReadEnds { get; } = $"""
        SELECT l.execution, l.failed, l.worker, l.output
        FROM unnest($2::smallint[], $3::uuid[]) AS s (shard, id)
        CROSS JOIN LATERAL (
          SELECT j.execution, j.failed, j.worker, j.output
          FROM {schema}.journal AS j
          WHERE j.shard = s.shard AND j.namespace = $1 AND j.execution = s.id
          ORDER BY j.seq DESC
          LIMIT 1) AS l
        """;

    /// <summary>Failed tries (phase 1) that name a time for the next one.</summary>
    [StringSyntax("sql")]
    public string ReadWaits { get; } = $"""
        SELECT f.execution, f.epoch, f.execution_attempt, f.retry_at
        FROM unnest($2::smallint[], $3::uuid[]) AS s (shard, id)
        CROSS JOIN LATERAL (
          SELECT *
          FROM {schema}.attempts AS x
          WHERE x.shard = s.shard AND x.namespace = $1 AND x.execution = s.id AND x.phase = 1
            AND x.retry_at IS NOT NULL
          OFFSET 0) AS f
        """;

    [StringSyntax("sql")]
    public string ForgetRefusals { get; } = $"""
        DELETE FROM {schema}.refusals AS r
        USING (SELECT $1 AS namespace, u.* FROM unnest($2::smallint[], $3::uuid[]) AS u (shard, id) OFFSET 0) AS s
        WHERE r.shard = ANY (ARRAY[s.shard]) AND r.namespace = s.namespace AND r.execution = s.id
        """;
}
