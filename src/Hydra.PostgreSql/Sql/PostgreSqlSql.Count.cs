namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// Unowned live executions by workflow: a walk over workflows, $2 rows of each.
    /// </summary>
    [StringSyntax("sql")]
    public string CountUnowned { get; } = $"""
        WITH RECURSIVE names (workflow) AS (
          SELECT (SELECT e.workflow
                  FROM {schema}.executions AS e
                  WHERE e.namespace = $1 AND e.owner = 0 AND e.state < 4
                  ORDER BY e.workflow
                  LIMIT 1)
          UNION ALL
          SELECT (SELECT e.workflow
                  FROM {schema}.executions AS e
                  WHERE e.namespace = $1 AND e.owner = 0 AND e.state < 4 AND e.workflow > p.workflow
                  ORDER BY e.workflow
                  LIMIT 1)
          FROM names AS p
          WHERE p.workflow IS NOT NULL)
        SELECT n.workflow, c.state, c.blocked_reason, c.count
        FROM names AS n
        CROSS JOIN LATERAL (
          SELECT l.state, l.blocked_reason, count(*) AS count
          FROM (SELECT e.state, e.blocked_reason
                FROM {schema}.executions AS e
                WHERE e.namespace = $1 AND e.owner = 0 AND e.state < 4 AND e.workflow = n.workflow
                LIMIT $2) AS l
          GROUP BY l.state, l.blocked_reason) AS c
        """;

    /// <summary>$2 is how many rows are looked at.</summary>
    [StringSyntax("sql")]
    public string CountOwned { get; } = $"""
        SELECT l.workflow, l.state, l.blocked_reason, count(*)
        FROM (SELECT e.workflow, e.state, e.blocked_reason
              FROM {schema}.executions AS e
              WHERE e.namespace = $1 AND e.owner > 0
              LIMIT $2) AS l
        GROUP BY l.workflow, l.state, l.blocked_reason
        """;

    /// <summary>The states that are rare, $2 rows of each.</summary>
    [StringSyntax("sql")]
    public string CountTroubled { get; } = $"""
        SELECT l.workflow, l.state, l.blocked_reason, count(*)
        FROM (VALUES (5::smallint), (7::smallint), (8::smallint), (9::smallint)) AS s (state)
        CROSS JOIN LATERAL (
          SELECT e.workflow, e.state, e.blocked_reason
          FROM {schema}.executions AS e
          WHERE e.namespace = $1 AND e.state >= 5 AND e.state <> 6 AND e.state = s.state
          LIMIT $2) AS l
        GROUP BY l.workflow, l.state, l.blocked_reason
        """;

    /// <summary>
    /// The states of the $2 newest of all, with $3 from each shard at most, and whether any shard gave as many, so that
    /// it may have more that are as new.
    /// </summary>
    [StringSyntax("sql")]
    public string CountNewest { get; } = $"""
        WITH newest AS MATERIALIZED (
          SELECT s.shard, l.workflow, l.state, l.blocked_reason
          FROM generate_series(0, 255) AS s (shard)
          CROSS JOIN LATERAL (
            SELECT e.id, e.workflow, e.state, e.blocked_reason
            FROM {schema}.executions AS e
            WHERE e.shard = s.shard::smallint AND e.namespace = $1
            ORDER BY e.id DESC
            LIMIT $3) AS l
          ORDER BY l.id DESC
          LIMIT $2)
        SELECT n.workflow, n.state, n.blocked_reason, count(*),
               EXISTS (SELECT FROM newest AS f GROUP BY f.shard HAVING count(*) >= $3)
        FROM newest AS n
        GROUP BY n.workflow, n.state, n.blocked_reason
        """;

    /// <summary>What is due by workflow, $4 rows of each of its levels, and since when.</summary>
    [StringSyntax("sql")]
    public string CountDue { get; } = $"""
        WITH RECURSIVE clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now),
        names (workflow) AS (
          SELECT (SELECT e.workflow
                  FROM {schema}.executions AS e
                  WHERE e.namespace = $1 AND e.owner = 0 AND e.state < 4
                  ORDER BY e.workflow
                  LIMIT 1)
          UNION ALL
          SELECT (SELECT e.workflow
                  FROM {schema}.executions AS e
                  WHERE e.namespace = $1 AND e.owner = 0 AND e.state < 4 AND e.workflow > p.workflow
                  ORDER BY e.workflow
                  LIMIT 1)
          FROM names AS p
          WHERE p.workflow IS NOT NULL)
        SELECT n.workflow, count(*), min(l.due_at)
        FROM clock AS c
        CROSS JOIN names AS n
        CROSS JOIN generate_series(0, 3) AS p (priority)
        CROSS JOIN (VALUES (false), (true)) AS k (suspect)
        CROSS JOIN LATERAL (
          SELECT e.due_at
          FROM {schema}.executions AS e
          WHERE e.namespace = $1 AND e.owner = 0 AND e.workflow = n.workflow AND (e.barren_crashes >= 2) = k.suspect
            AND e.priority = p.priority::smallint AND e.due_at <= c.now AND e.state < 4
          ORDER BY e.due_at
          LIMIT $4) AS l
        GROUP BY n.workflow
        """;
}
