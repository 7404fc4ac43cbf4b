namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    /// <summary>Behind the id ?2, at most ?3.</summary>
    [StringSyntax("sql")]
    public const string ListSubjectKeys = """
        SELECT id, wrapped
        FROM hydra_subject_keys
        WHERE namespace = ?1 AND id > ?2 AND wrapped IS NOT NULL
        ORDER BY id
        LIMIT ?3
        """;

    /// <summary>?2 is the id, ?3 the key as it is expected, ?4 as it is to be.</summary>
    [StringSyntax("sql")]
    public const string ReplaceSubjectKey = """
        UPDATE hydra_subject_keys
        SET wrapped = ?4
        WHERE namespace = ?1 AND id = ?2 AND wrapped = ?3
        RETURNING id
        """;

    /// <summary>?2 is the id.</summary>
    [StringSyntax("sql")]
    public const string FindSubjectKey = "SELECT id, wrapped FROM hydra_subject_keys WHERE namespace = ?1 AND id = ?2";

    /// <summary>?2 is the id, ?3 the key. What is there, or was, stays.</summary>
    [StringSyntax("sql")]
    public const string AddSubjectKey = """
        INSERT INTO hydra_subject_keys (namespace, id, wrapped)
        VALUES (?1, ?2, ?3)
        ON CONFLICT (namespace, id) DO NOTHING
        """;

    /// <summary>?2 is the id.</summary>
    [StringSyntax("sql")]
    public const string DestroySubjectKey = """
        INSERT INTO hydra_subject_keys (namespace, id)
        VALUES (?1, ?2)
        ON CONFLICT (namespace, id) DO UPDATE
        SET wrapped = NULL
        """;
}
