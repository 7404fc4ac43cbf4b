namespace Hydra.PostgreSql.Sql;

internal sealed partial class PostgreSqlSql
{
    /// <summary>
    /// What has the names that the store needs in the schema called $1: whether there is a table of versions, how many
    /// of its three columns there are, and which of the other names are taken. One statement, so that another who
    /// migrates has done so for all of the answer or for none.
    /// </summary>
    [StringSyntax("sql")]
    public static string OurNames => """
        WITH named AS MATERIALIZED (
          SELECT c.oid, c.relname::text AS name
          FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE n.nspname = $1)
        SELECT EXISTS (SELECT FROM named WHERE name = 'schema_versions'),
               (SELECT count(*)
                FROM named
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = named.oid
                WHERE named.name = 'schema_versions' AND NOT a.attisdropped
                  AND a.attname IN ('version', 'min_library', 'applied_at')),
               (SELECT coalesce(string_agg(name, ', ' ORDER BY name), '')
                FROM named
                WHERE name IN ('executions', 'journal', 'attempts', 'sessions', 'crashes', 'refusals',
                               'executions_text', 'steps_text', 'why_not_running', 'executions_key',
                               'executions_due', 'executions_owned', 'executions_deadline',
                               'executions_troubled', 'origins', 'origins_source', 'origins_text', 'attempts_text',
                               'schedules', 'schedules_due', 'schedules_text', 'subject_keys'))
        """;

    /// <summary>What decides whether the store can work here at all.</summary>
    [StringSyntax("sql")]
    public static string ReadServer => """
        SELECT current_setting('server_version_num')::integer, current_setting('server_encoding'),
               pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean
        """;

    /// <summary>$1 is its name.</summary>
    [StringSyntax("sql")]
    public static string SchemaExists => "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)";

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

    /// <summary>The row that whoever migrates locks: version 0, which stands for no schema.</summary>
    [StringSyntax("sql")]
    public string AddLockRow { get; } = $"""
        INSERT INTO {schema}.schema_versions (version, min_library, applied_at) VALUES (0, 0, 0) ON CONFLICT DO NOTHING
        """;

    [StringSyntax("sql")]
    public string LockVersions { get; } = $"SELECT FROM {schema}.schema_versions WHERE version = 0 FOR UPDATE";

    /// <summary>
    /// $1 is how long to wait for a lock, $2 for a process that stands still, $3 for a statement, in milliseconds,
    /// whatever the limits of the role are. The scripts mean backslashes as they stand.
    /// </summary>
    [StringSyntax("sql")]
    public static string MigrationSettings => """
        SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true),
               set_config('statement_timeout', $3, true), set_config('standard_conforming_strings', 'on', true)
        """;

    [StringSyntax("sql")]
    public string ReadVersion { get; } = $"""
        SELECT version, min_library FROM {schema}.schema_versions ORDER BY version DESC LIMIT 1
        """;

    /// <summary>When the first script ran, which tells two databases apart.</summary>
    [StringSyntax("sql")]
    public string ReadIdentity { get; } = $"SELECT applied_at FROM {schema}.schema_versions WHERE version = 1";

    [StringSyntax("sql")]
    public string AddVersion { get; } = $"""
        INSERT INTO {schema}.schema_versions (version, min_library, applied_at)
        VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
        """;
}
