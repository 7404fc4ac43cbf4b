namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>$2 is the name.</summary>
    [StringSyntax("sql")]
    public string FindSchedule { get; } = $"""
        SELECT name, workflow, change_id, due_at, paused, definition, progress, input, created_at, changed_at
        FROM {schema}.schedules
        WHERE namespace = $1 AND name = $2
        """;

    /// <summary>$2 is the name behind which to begin, $3 how many.</summary>
    [StringSyntax("sql")]
    public string ListSchedules { get; } = $"""
        SELECT name, workflow, change_id, due_at, paused, definition, progress, input, created_at, changed_at
        FROM {schema}.schedules
        WHERE namespace = $1 AND name > $2
        ORDER BY name
        LIMIT $3
        """;

    /// <summary>
    /// $4 is how many. One row at least: what stands first are the time, and when the next is due that is not yet.
    /// </summary>
    [StringSyntax("sql")]
    public string ListDueSchedules { get; } = $"""
        WITH clock AS MATERIALIZED (
          SELECT greatest($2::bigint,
                          coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)) AS now)
        SELECT c.now,
               (SELECT n.due_at
                FROM {schema}.schedules AS n
                WHERE n.namespace = $1 AND n.due_at > c.now AND n.due_at < 9223372036854775807
                ORDER BY n.due_at
                LIMIT 1),
               s.name, s.workflow, s.change_id, s.due_at, s.paused, s.definition, s.progress, s.input, s.created_at,
               s.changed_at
        FROM clock AS c
        LEFT JOIN LATERAL (
          SELECT *
          FROM {schema}.schedules AS d
          WHERE d.namespace = $1 AND d.due_at <= c.now AND d.due_at < 9223372036854775807
          ORDER BY d.due_at, d.name
          LIMIT $4) AS s ON true
        ORDER BY s.due_at, s.name
        """;

    /// <summary>$2 is the name. It may be removed.</summary>
    [StringSyntax("sql")]
    public string LockSchedule { get; } = $"""
        SELECT name, workflow, change_id, due_at, paused, definition, progress, input, created_at, changed_at
        FROM {schema}.schedules
        WHERE namespace = $1 AND name = $2
        FOR UPDATE
        """;

    /// <summary>
    /// The others as named. Inserts nothing when there is one of that name, for whose transaction it has waited.
    /// </summary>
    [StringSyntax("sql")]
    public string InsertSchedule { get; } = $"""
        INSERT INTO {schema}.schedules (
          namespace, name, workflow, change_id, due_at, paused, definition, progress, input, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>The same for one that is locked.</summary>
    [StringSyntax("sql")]
    public string UpdateSchedule { get; } = $"""
        UPDATE {schema}.schedules
        SET workflow = $3, change_id = $4, due_at = $5, paused = $6, definition = $7, progress = $8, input = $9,
            created_at = $10, changed_at = $11
        WHERE namespace = $1 AND name = $2
        """;

    /// <summary>$2 is the name of one that is locked.</summary>
    [StringSyntax("sql")]
    public string DeleteSchedule { get; } = $"DELETE FROM {schema}.schedules WHERE namespace = $1 AND name = $2";
}
