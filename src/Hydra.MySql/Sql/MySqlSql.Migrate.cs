namespace Hydra.MySql.Sql;

internal sealed partial class MySqlSql
{
    /// <summary>Keeps other processes out until the connection ends or lets go; 1 when it has come to that.</summary>
    [StringSyntax("sql")]
    public static string LockMigration => "SELECT GET_LOCK(@name, @seconds)";

    [StringSyntax("sql")]
    public static string UnlockMigration => "SELECT RELEASE_LOCK(@name)";

    [StringSyntax("sql")]
    public string CreateVersions { get; } = $"""
        CREATE TABLE IF NOT EXISTS {prefix}schema_versions (
          version     INT    NOT NULL PRIMARY KEY,
          min_library INT    NOT NULL, -- The oldest library that may still work on this version.
          applied_at  BIGINT NOT NULL
        ) ENGINE = InnoDB
        """;

    /// <summary>
    /// What has the names that the store needs: whether there is a table of versions, how many of its three columns
    /// there are, and which of the other names are taken.
    /// </summary>
    [StringSyntax("sql")]
    public string OurNames { get; } = $"""
        SELECT EXISTS (SELECT 1
                       FROM information_schema.tables
                       WHERE table_schema = DATABASE() AND table_name = '{prefix}schema_versions'),
               (SELECT COUNT(*)
                FROM information_schema.columns
                WHERE table_schema = DATABASE() AND table_name = '{prefix}schema_versions'
                  AND column_name IN ('version', 'min_library', 'applied_at')),
               (SELECT COALESCE(GROUP_CONCAT(table_name ORDER BY table_name SEPARATOR ', '), '')
                FROM information_schema.tables
                WHERE table_schema = DATABASE()
                  AND table_name IN ('{prefix}executions', '{prefix}outcomes', '{prefix}start_keys', '{prefix}journal',
                                     '{prefix}attempts', '{prefix}sessions', '{prefix}session_workflows',
                                     '{prefix}crashes', '{prefix}refusals', '{prefix}executions_text',
                                     '{prefix}steps_text', '{prefix}why_not_running', '{prefix}origins',
                                     '{prefix}origins_text', '{prefix}attempts_text', '{prefix}schedules',
                                     '{prefix}schedules_text', '{prefix}subject_keys'))
        """;

    [StringSyntax("sql")]
    public string ReadVersion { get; } = $"""
        SELECT version, min_library FROM {prefix}schema_versions ORDER BY version DESC LIMIT 1
        """;

    /// <summary>When the first script ran, which tells two databases apart.</summary>
    [StringSyntax("sql")]
    public string ReadIdentity { get; } = $"SELECT applied_at FROM {prefix}schema_versions WHERE version = 1";

    [StringSyntax("sql")]
    public string AddVersion { get; } = $"""
        INSERT INTO {prefix}schema_versions (version, min_library, applied_at)
        VALUES (@version, @minLibrary, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)))
        """;
}
