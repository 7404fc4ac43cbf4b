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

    [StringSyntax("sql")]
    public const string VersionsExist = """
        SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'hydra_schema'
        """;

    [StringSyntax("sql")]
    public const string ReadVersion = "SELECT version, min_library FROM hydra_schema ORDER BY version DESC LIMIT 1";

    [StringSyntax("sql")]
    public const string AddVersion = "INSERT INTO hydra_schema (version, min_library, applied_at) VALUES (?1, ?2, ?3)";
}
