namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
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
