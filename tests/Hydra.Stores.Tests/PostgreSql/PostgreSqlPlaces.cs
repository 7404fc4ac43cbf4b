using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Schemas on the tests' server.</summary>
internal static class PostgreSqlPlaces
{
    /// <param name="prepare">What each needs besides its tables.</param>
    /// <param name="alsoDrop">The statements that remove that again.</param>
    public static SharedPlaces Create(Func<string, Task>? prepare = null, Func<string, string>? alsoDrop = null) =>
        new(
            prepare ?? (static _ => Task.CompletedTask),
            ClearAsync,
            schema => PostgreSqlServer.ExecuteAsync(
                $"DROP SCHEMA IF EXISTS {schema} CASCADE; {alsoDrop?.Invoke(schema)}"));

    /// <summary>Makes a data source that stores may share.</summary>
    /// <remarks>A burst may open many connections, which others on the server should not miss for long.</remarks>
    public static NpgsqlDataSource CreateSource(bool prepares) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            ConnectionIdleLifetime = 10,
            ConnectionPruningInterval = 5,
            MaxAutoPrepare = prepares ? 64 : 0,
            AutoPrepareMinUsages = 2,
        });

    private static Task ClearAsync(string schema) => PostgreSqlServer.ExecuteAsync(
        $"""
        DO $$
        DECLARE name text;
        BEGIN
          FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' AND tablename <> 'schema_versions'
          LOOP
            EXECUTE format('DELETE FROM {schema}.%I', name);
          END LOOP;
        END
        $$
        """);
}
