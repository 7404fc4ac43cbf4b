namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>$1 is a number that stands for the schema. Held until the transaction ends.</summary>
    [StringSyntax("sql")]
    public static string LockMigration => "SELECT pg_advisory_xact_lock($1)";

    [StringSyntax("sql")]
    public string SchemaExists { get; } = $"SELECT to_regnamespace('{schema}') IS NOT NULL";

    [StringSyntax("sql")]
    public string CreateSchema { get; } = $"CREATE SCHEMA IF NOT EXISTS {schema}";

    [StringSyntax("sql")]
    public string CreateVersions { get; } = $"""
        CREATE TABLE IF NOT EXISTS {schema}.schema_versions (
          version     integer NOT NULL PRIMARY KEY,
          min_library integer NOT NULL, -- The oldest library that may still work on this version.
          applied_at  bigint  NOT NULL
        )
        """;

    /// <summary>Keeps others out where advisory locks reach one node only.</summary>
    [StringSyntax("sql")]
    public string LockVersions { get; } = $"LOCK TABLE {schema}.schema_versions IN EXCLUSIVE MODE";

    [StringSyntax("sql")]
    public string VersionsExist { get; } = $"SELECT to_regclass('{schema}.schema_versions') IS NOT NULL";

    [StringSyntax("sql")]
    public string ReadVersion { get; } = $"""
        SELECT version, min_library FROM {schema}.schema_versions ORDER BY version DESC LIMIT 1
        """;

    [StringSyntax("sql")]
    public string AddVersion { get; } = $"""
        INSERT INTO {schema}.schema_versions (version, min_library, applied_at)
        VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
        """;
}
