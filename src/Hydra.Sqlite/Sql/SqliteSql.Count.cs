namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>The first workflow behind ?2 that has something unowned and live: a walk over workflows.</summary>
    [StringSyntax("sql")]
    public const string NextDueWorkflow = """
        SELECT workflow
        FROM hydra_executions INDEXED BY hydra_executions_due
        WHERE namespace = ?1 AND owner = 0 AND state < 4 AND workflow > ?2
        ORDER BY workflow
        LIMIT 1
        """;

    /// <summary>?2 is the workflow, ?3 how many rows are looked at.</summary>
    [StringSyntax("sql")]
    public const string CountUnowned = """
        SELECT ?2, state, blocked_reason, count(*)
        FROM (
          SELECT state, blocked_reason
          FROM hydra_executions INDEXED BY hydra_executions_due
          WHERE namespace = ?1 AND owner = 0 AND state < 4 AND workflow = ?2
          LIMIT ?3)
        GROUP BY state, blocked_reason
        """;

    /// <summary>?3 is how many rows are looked at.</summary>
    [StringSyntax("sql")]
    public const string CountOwned = """
        SELECT workflow, state, blocked_reason, count(*)
        FROM (
          SELECT workflow, state, blocked_reason
          FROM hydra_executions INDEXED BY hydra_executions_owned
          WHERE namespace = ?1 AND owner > 0
          LIMIT ?3)
        GROUP BY workflow, state, blocked_reason
        """;

    /// <summary>?2 is one of the states that are rare, ?3 how many rows are looked at.</summary>
    [StringSyntax("sql")]
    public const string CountTroubled = """
        SELECT workflow, state, blocked_reason, count(*)
        FROM (
          SELECT workflow, state, blocked_reason
          FROM hydra_executions INDEXED BY hydra_executions_troubled
          WHERE namespace = ?1 AND state >= 5 AND state <> 6 AND state = ?2
          LIMIT ?3)
        GROUP BY workflow, state, blocked_reason
        """;

    /// <summary>The newest of all: ?3 is how many rows are looked at.</summary>
    [StringSyntax("sql")]
    public const string CountNewest = """
        SELECT workflow, state, blocked_reason, count(*)
        FROM (
          SELECT workflow, state, blocked_reason
          FROM hydra_executions
          WHERE namespace = ?1
          ORDER BY id DESC
          LIMIT ?3)
        GROUP BY workflow, state, blocked_reason
        """;

    /// <summary>
    /// What is due of one workflow, over its levels: ?2 is the workflow, ?3 how many rows are looked at in each, ?4 is
    /// now. NULL when nothing is.
    /// </summary>
    [StringSyntax("sql")]
    public const string CountDue = """
        WITH levels (suspect, priority) AS (VALUES (0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3))
        SELECT sum((
                 SELECT count(*)
                 FROM (
                   SELECT 1
                   FROM hydra_executions AS e INDEXED BY hydra_executions_due
                   WHERE e.namespace = ?1 AND e.owner = 0 AND e.workflow = ?2
                     AND (e.barren_crashes >= 2) = levels.suspect AND e.priority = levels.priority
                     AND e.due_at <= ?4 AND e.state < 4
                   LIMIT ?3))),
               min((
                 SELECT e.due_at
                 FROM hydra_executions AS e INDEXED BY hydra_executions_due
                 WHERE e.namespace = ?1 AND e.owner = 0 AND e.workflow = ?2
                   AND (e.barren_crashes >= 2) = levels.suspect AND e.priority = levels.priority
                   AND e.due_at <= ?4 AND e.state < 4
                 ORDER BY e.due_at
                 LIMIT 1))
        FROM levels
        """;
}
