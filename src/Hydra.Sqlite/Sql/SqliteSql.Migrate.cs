namespace Hydra.Sqlite;

internal static partial class SqliteSql
{
    [StringSyntax("sql")]
    public const string CreateVersions = """
        CREATE TABLE IF NOT EXISTS hydra_schema (
          version     INTEGER PRIMARY KEY,
          min_library INTEGER NOT NULL, -- The oldest library that may still work on this version.
          applied_at  INTEGER NOT NULL
        ) STRICT
        """;

    /// <summary>
    /// Whether there is a table of versions, how many of its columns there are, which is three, and what has a name
    /// that begins as ours do; empty when nothing has. In one statement, since another may be migrating.
    /// </summary>
    [StringSyntax("sql")]
    public const string OurNames = """
        SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'hydra_schema'),
               (SELECT count(*)
                FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
                WHERE t.type = 'table' AND t.name = 'hydra_schema'
                  AND c.name IN ('version', 'min_library', 'applied_at')),
               (SELECT coalesce(group_concat(name, ', '), '')
                FROM (SELECT name FROM sqlite_schema WHERE name LIKE 'hydra\_%' ESCAPE '\' ORDER BY name))
        """;

    [StringSyntax("sql")]
    public const string ReadVersion = "SELECT version, min_library FROM hydra_schema ORDER BY version DESC LIMIT 1";

    /// <summary>When the first script ran, which tells two databases apart.</summary>
    [StringSyntax("sql")]
    public const string ReadIdentity = "SELECT applied_at FROM main.hydra_schema WHERE version = 1";

    /// <summary>Changes nothing but needs the lock for it, in the file itself and none attached to it.</summary>
    [StringSyntax("sql")]
    public const string TakeWriteLock = "UPDATE main.hydra_schema SET version = version WHERE version < 0";

    /// <summary>How many other files are attached; a commit to several is not atomic in a write-ahead log.</summary>
    [StringSyntax("sql")]
    public const string AttachedFiles = """
        SELECT count(*) FROM pragma_database_list WHERE name <> 'main' AND file <> ''
        """;

    [StringSyntax("sql")]
    public const string AddVersion = "INSERT INTO hydra_schema (version, min_library, applied_at) VALUES (?1, ?2, ?3)";
}
