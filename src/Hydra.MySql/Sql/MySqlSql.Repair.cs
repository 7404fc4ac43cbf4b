namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>The last entries, behind the locks: whether this very termination is what ended an execution.</summary>
    [StringSyntax("sql")]
    public string ReadEnds { get; } = $"""
        SELECT j.execution, j.failed, CONVERT(j.worker USING utf8mb4), j.output
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}journal AS j FORCE INDEX (PRIMARY)
          ON j.shard = s.shard AND j.namespace = @namespace AND j.execution = UNHEX(s.id)
        WHERE j.seq = (SELECT l.seq
                       FROM {prefix}journal AS l FORCE INDEX (PRIMARY)
                       WHERE l.shard = s.shard AND l.namespace = @namespace AND l.execution = UNHEX(s.id)
                       ORDER BY l.seq DESC
                       LIMIT 1)
        """;

    /// <summary>Failed tries (phase 1) that name a time for the next one.</summary>
    [StringSyntax("sql")]
    public string ReadWaits { get; } = $"""
        SELECT f.execution, f.epoch, f.execution_attempt, f.retry_at
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}attempts AS f FORCE INDEX (PRIMARY)
          ON f.shard = s.shard AND f.namespace = @namespace AND f.execution = UNHEX(s.id) AND f.phase = 1
             AND f.retry_at IS NOT NULL
        """;

    [StringSyntax("sql")]
    public string ForgetRefusals { get; } = $"""
        DELETE r
        FROM JSON_TABLE(@rows, '$[*]' COLUMNS (shard TINYINT UNSIGNED PATH '$[0]', id VARCHAR(32) PATH '$[1]')) AS s
        STRAIGHT_JOIN {prefix}refusals AS r FORCE INDEX (PRIMARY)
          ON r.shard = s.shard AND r.namespace = @namespace AND r.execution = UNHEX(s.id)
        """;
}
