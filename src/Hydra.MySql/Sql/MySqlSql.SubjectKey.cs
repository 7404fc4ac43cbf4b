namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    [StringSyntax("sql")]
    public string FindSubjectKey { get; } = $"""
        SELECT CONVERT(id USING utf8mb4), CONVERT(wrapped USING utf8mb4)
        FROM {prefix}subject_keys FORCE INDEX (PRIMARY)
        WHERE namespace = @namespace AND id = @id
        """;

    /// <summary>What is there, or was, stays.</summary>
    [StringSyntax("sql")]
    public string AddSubjectKey { get; } = $"""
        INSERT INTO {prefix}subject_keys (namespace, id, wrapped)
        VALUES (@namespace, @id, @wrapped)
        ON DUPLICATE KEY UPDATE wrapped = {prefix}subject_keys.wrapped
        """;

    /// <summary>Behind an id.</summary>
    [StringSyntax("sql")]
    public string ListSubjectKeys { get; } = $"""
        SELECT CONVERT(id USING utf8mb4), CONVERT(wrapped USING utf8mb4)
        FROM {prefix}subject_keys FORCE INDEX (PRIMARY)
        WHERE namespace = @namespace AND id > @id AND wrapped IS NOT NULL
        ORDER BY id
        LIMIT @limit
        """;

    [StringSyntax("sql")]
    public string ReplaceSubjectKey { get; } = $"""
        UPDATE {prefix}subject_keys
        SET wrapped = @wrapped
        WHERE namespace = @namespace AND id = @id AND wrapped = @expected
        """;

    [StringSyntax("sql")]
    public string DestroySubjectKey { get; } = $"""
        INSERT INTO {prefix}subject_keys (namespace, id)
        VALUES (@namespace, @id)
        ON DUPLICATE KEY UPDATE wrapped = NULL
        """;
}
