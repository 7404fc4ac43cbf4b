namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>$2 is the id.</summary>
    [StringSyntax("sql")]
    public string FindSubjectKey { get; } = $"""
        SELECT id, wrapped
        FROM {schema}.subject_keys
        WHERE namespace = $1 AND id = $2
        """;

    /// <summary>$2 is the id, $3 the key. What is there, or was, stays.</summary>
    [StringSyntax("sql")]
    public string AddSubjectKey { get; } = $"""
        INSERT INTO {schema}.subject_keys (namespace, id, wrapped)
        VALUES ($1, $2, $3)
        ON CONFLICT (namespace, id) DO NOTHING
        """;

    /// <summary>$2 is the id.</summary>
    [StringSyntax("sql")]
    public string DestroySubjectKey { get; } = $"""
        INSERT INTO {schema}.subject_keys (namespace, id)
        VALUES ($1, $2)
        ON CONFLICT (namespace, id) DO UPDATE
        SET wrapped = NULL
        """;
}
