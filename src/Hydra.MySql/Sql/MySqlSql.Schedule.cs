namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    [StringSyntax("sql")]
    public string FindSchedule { get; } = $"""
        SELECT CONVERT(name USING utf8mb4), CONVERT(workflow USING utf8mb4), change_id, due_at, paused, definition,
               progress, input, created_at, changed_at
        FROM {prefix}schedules FORCE INDEX (PRIMARY)
        WHERE namespace = @namespace AND name = @name
        """;

    /// <summary>@name is the one behind which to begin.</summary>
    [StringSyntax("sql")]
    public string ListSchedules { get; } = $"""
        SELECT CONVERT(s.name USING utf8mb4), CONVERT(s.workflow USING utf8mb4), s.change_id, s.due_at, s.paused,
               s.definition, s.progress, s.input, s.created_at, s.changed_at
        FROM {prefix}schedules AS s FORCE INDEX (PRIMARY)
        WHERE s.namespace = @namespace AND s.name > @name
        ORDER BY s.name
        LIMIT @limit
        """;

    /// <summary>One row at least: what stands first is when the next is due that is not yet.</summary>
    [StringSyntax("sql")]
    public string ListDueSchedules { get; } = $"""
        SELECT n.due_at, CONVERT(s.name USING utf8mb4), CONVERT(s.workflow USING utf8mb4), s.change_id, s.due_at,
               s.paused, s.definition, s.progress, s.input, s.created_at, s.changed_at
        FROM (SELECT (SELECT t.due_at
                      FROM {prefix}schedules AS t FORCE INDEX (due)
                      WHERE t.namespace = @namespace AND t.due_at > @hydra_now AND t.due_at < 9223372036854775807
                      ORDER BY t.due_at
                      LIMIT 1) AS due_at) AS n
        LEFT JOIN (SELECT d.*
                   FROM {prefix}schedules AS d FORCE INDEX (due)
                   WHERE d.namespace = @namespace AND d.due_at <= @hydra_now AND d.due_at < 9223372036854775807
                   ORDER BY d.due_at, d.name
                   LIMIT @limit) AS s ON TRUE
        ORDER BY s.due_at, s.name
        """;

    /// <summary>Whether any is due now, for who waits for something to happen.</summary>
    [StringSyntax("sql")]
    public string IsScheduleDue { get; } = $"""
        SELECT EXISTS (SELECT 1
                       FROM {prefix}schedules AS d FORCE INDEX (due)
                       WHERE d.namespace = @namespace AND d.due_at <= @hydra_now AND d.due_at < 9223372036854775807)
        """;

    [StringSyntax("sql")]
    public string LockSchedule { get; } = $"""
        SELECT CONVERT(name USING utf8mb4), CONVERT(workflow USING utf8mb4), change_id, due_at, paused, definition,
               progress, input, created_at, changed_at
        FROM {prefix}schedules FORCE INDEX (PRIMARY)
        WHERE namespace = @namespace AND name = @name
        FOR UPDATE
        """;

    /// <summary>Fails when there is one of that name, for whose transaction it has waited.</summary>
    [StringSyntax("sql")]
    public string InsertSchedule { get; } = $$"""
        INSERT INTO {{prefix}}schedules (
          namespace, name, workflow, change_id, due_at, paused, definition, progress, input, created_at, changed_at)
        VALUES {rows}
        """;

    /// <summary>Removes one that is locked.</summary>
    [StringSyntax("sql")]
    public string DeleteSchedule { get; } = $"""
        DELETE FROM {prefix}schedules WHERE namespace = @namespace AND name = @name
        """;
}
