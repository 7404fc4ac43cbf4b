namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>The workflow behind another among those of unowned executions; asked for again and again.</summary>
    [StringSyntax("sql")]
    public string ReadNextWorkflow { get; } = $"""
        SELECT CONVERT(e.workflow USING utf8mb4)
        FROM {prefix}executions AS e FORCE INDEX (live)
        WHERE e.namespace = @namespace AND e.holder = 0 AND e.workflow > @workflow
        ORDER BY e.workflow
        LIMIT 1
        """;

    /// <summary>Unowned live executions of one workflow, @limit rows of them.</summary>
    [StringSyntax("sql")]
    public string CountUnowned { get; } = $"""
        SELECT CONVERT(l.workflow USING utf8mb4), l.state, l.blocked_reason, COUNT(*)
        FROM (SELECT e.workflow, e.state, e.blocked_reason
              FROM {prefix}executions AS e FORCE INDEX (live)
              WHERE e.namespace = @namespace AND e.holder = 0 AND e.workflow = @workflow
              LIMIT @limit) AS l
        GROUP BY l.workflow, l.state, l.blocked_reason
        """;

    /// <summary>What is due of one workflow, @limit rows of each of its levels, and since when.</summary>
    [StringSyntax("sql")]
    public string CountDue { get; } = $"""
        SELECT COUNT(*), MIN(l.due_at)
        FROM (SELECT e.due_at
              FROM {prefix}executions AS e FORCE INDEX (live)
              WHERE e.namespace = @namespace AND e.holder = 0 AND e.workflow = @workflow AND e.suspect = @suspect
                AND e.priority = @priority AND e.due_at <= @hydra_now
              ORDER BY e.due_at
              LIMIT @limit) AS l
        """;

    [StringSyntax("sql")]
    public string CountOwned { get; } = $"""
        SELECT CONVERT(l.workflow USING utf8mb4), l.state, l.blocked_reason, COUNT(*)
        FROM (SELECT e.workflow, e.state, e.blocked_reason
              FROM {prefix}executions AS e FORCE INDEX (live)
              WHERE e.namespace = @namespace AND e.holder > 0
              LIMIT @limit) AS l
        GROUP BY l.workflow, l.state, l.blocked_reason
        """;

    [StringSyntax("sql")]
    public string CountBlocked { get; } = $"""
        SELECT CONVERT(l.workflow USING utf8mb4), l.state, l.blocked_reason, COUNT(*)
        FROM (SELECT e.workflow, e.state, e.blocked_reason
              FROM {prefix}executions AS e FORCE INDEX (live)
              WHERE e.namespace = @namespace AND e.holder = -5
              LIMIT @limit) AS l
        GROUP BY l.workflow, l.state, l.blocked_reason
        """;

    /// <summary>One of the terminal states that are rare.</summary>
    [StringSyntax("sql")]
    public string CountEnded { get; } = $"""
        SELECT CONVERT(l.workflow USING utf8mb4), l.state, 0, COUNT(*)
        FROM (SELECT o.workflow, o.state
              FROM {prefix}outcomes AS o
              WHERE o.namespace = @namespace AND o.state = @state
              LIMIT @limit) AS l
        GROUP BY l.workflow, l.state
        """;

    /// <summary>Completed (6) and paused (4) ones among the @limit newest of all.</summary>
    [StringSyntax("sql")]
    public string CountNewest { get; } = $"""
        SELECT CONVERT(n.workflow USING utf8mb4), n.state, n.blocked_reason, COUNT(*)
        FROM ((SELECT e.id, e.workflow, e.state, e.blocked_reason
               FROM {prefix}executions AS e FORCE INDEX FOR ORDER BY (newest)
               WHERE e.namespace = @namespace
               ORDER BY e.id DESC
               LIMIT @limit)
              UNION ALL
              (SELECT o.id, o.workflow, o.state, 0
               FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
               WHERE o.namespace = @namespace AND o.state = 6
               ORDER BY o.id DESC
               LIMIT @limit)
              UNION ALL
              (SELECT o.id, o.workflow, o.state, 0
               FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
               WHERE o.namespace = @namespace AND o.state = 7
               ORDER BY o.id DESC
               LIMIT @limit)
              UNION ALL
              (SELECT o.id, o.workflow, o.state, 0
               FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
               WHERE o.namespace = @namespace AND o.state = 8
               ORDER BY o.id DESC
               LIMIT @limit)
              UNION ALL
              (SELECT o.id, o.workflow, o.state, 0
               FROM {prefix}outcomes AS o FORCE INDEX FOR ORDER BY (newest)
               WHERE o.namespace = @namespace AND o.state = 9
               ORDER BY o.id DESC
               LIMIT @limit)
              ORDER BY id DESC
              LIMIT @limit) AS n
        GROUP BY n.workflow, n.state, n.blocked_reason
        """;
}
