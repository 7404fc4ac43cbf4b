namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>?2 is the name.</summary>
    [StringSyntax("sql")]
    public const string FindSchedule = """
        SELECT name, workflow, change_id, due_at, paused, definition, progress, input, created_at, changed_at
        FROM hydra_schedules
        WHERE namespace = ?1 AND name = ?2
        """;

    /// <summary>?2 is the name behind which to begin, ?3 how many.</summary>
    [StringSyntax("sql")]
    public const string ListSchedules = """
        SELECT name, workflow, change_id, due_at, paused, definition, progress, input, created_at, changed_at
        FROM hydra_schedules
        WHERE namespace = ?1 AND name > ?2
        ORDER BY name
        LIMIT ?3
        """;

    /// <summary>
    /// ?2 is now, ?3 how many. One row at least: what stands first is when the next is due that is not yet.
    /// </summary>
    [StringSyntax("sql")]
    public const string ListDueSchedules = """
        SELECT n.due_at, s.name, s.workflow, s.change_id, s.due_at, s.paused, s.definition, s.progress, s.input,
               s.created_at, s.changed_at
        FROM (SELECT (SELECT due_at
                      FROM hydra_schedules INDEXED BY hydra_schedules_due
                      WHERE namespace = ?1 AND due_at > ?2 AND due_at < 9223372036854775807
                      ORDER BY due_at
                      LIMIT 1) AS due_at) AS n
        LEFT JOIN (SELECT *
                   FROM hydra_schedules INDEXED BY hydra_schedules_due
                   WHERE namespace = ?1 AND due_at <= ?2 AND due_at < 9223372036854775807
                   ORDER BY due_at, name
                   LIMIT ?3) AS s
        ORDER BY s.due_at, s.name
        """;

    /// <summary>The others as named; what is there already is replaced.</summary>
    [StringSyntax("sql")]
    public const string WriteSchedule = """
        INSERT INTO hydra_schedules (
          namespace, name, workflow, change_id, due_at, paused, definition, progress, input, created_at, changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (namespace, name) DO UPDATE
        SET workflow = excluded.workflow, change_id = excluded.change_id, due_at = excluded.due_at,
            paused = excluded.paused, definition = excluded.definition, progress = excluded.progress,
            input = excluded.input, changed_at = excluded.changed_at
        """;

    /// <summary>?2 is the name.</summary>
    [StringSyntax("sql")]
    public const string DeleteSchedule = "DELETE FROM hydra_schedules WHERE namespace = ?1 AND name = ?2";
}
