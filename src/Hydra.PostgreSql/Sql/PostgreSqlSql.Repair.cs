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
        JOIN {schema}.attempts AS f
          ON f.shard = s.shard AND f.namespace = $1 AND f.execution = s.id AND f.phase = 1 AND f.retry_at IS NOT NULL
        """;

    [StringSyntax("sql")]
    public string ForgetRefusals { get; } = $"""
        DELETE FROM {schema}.refusals AS r
        USING unnest($2::smallint[], $3::uuid[]) AS s (shard, id)
        WHERE r.shard = s.shard AND r.namespace = $1 AND r.execution = s.id
        """;
}
