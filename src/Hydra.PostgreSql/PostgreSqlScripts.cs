using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Hydra.PostgreSql.Migrations;
using Hydra.PostgreSql.Sql;

namespace Hydra.PostgreSql;

/// <summary>The SQL that administrators run who let no program change the schema. Safe from any thread.</summary>
/// <remarks>
/// Each may be run with psql and run again. The command line prints them: <c>hydra migrate --script worker</c>.
/// </remarks>
public static partial class PostgreSqlScripts
{
    /// <summary>
    /// Creates the schema and its tables in one transaction, as migrating an empty database does. Unlike the others it
    /// is for a database that has none of the tables yet.
    /// </summary>
    /// <param name="schema">The name of the schema. The default is "hydra".</param>
    /// <exception cref="ArgumentException">It is no name that <see cref="PostgreSqlStoreOptions.Schema"/> allows.
    /// </exception>
    public static string Schema(string schema = "hydra")
    {
        Validate(schema);
        var sql = new PostgreSqlSql("{schema}"); // Filled in last, as a name may hold whatever else is replaced.
        var (runner, brings) = (PostgreSqlMigrationTarget.Runner, PostgreSqlMigrationTarget.Brings);
        var script = new StringBuilder();
        script.AppendLine("BEGIN;");
        script.AppendLine("SET LOCAL standard_conforming_strings = on;");
        script.AppendLine(
            """
            DO $$
            BEGIN
              IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = E'{text}') THEN
                EXECUTE format('CREATE SCHEMA %I', E'{text}');
              END IF;
            END $$;
            """);
        script.AppendLine(CultureInfo.InvariantCulture, $"{sql.CreateVersions};");
        script.AppendLine(CultureInfo.InvariantCulture, $"{sql.AddLockRow};");
        for (var version = 1; version <= brings.Version; version++)
        {
            script.AppendLine().AppendLine(runner.ReadScript(version));
            script.AppendLine(sql.AddVersion
                .Replace("$1", version.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("$2", brings.MinLibrary.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                + ";");
        }

        return Named(script.AppendLine("COMMIT;").ToString(), schema);
    }

    /// <summary>Creates the role "hydra_migrator", which owns the schema and its tables.</summary>
    /// <param name="schema">The name of the schema, with which the role's begins. The default is "hydra".</param>
    /// <exception cref="ArgumentException">It is no name that <see cref="PostgreSqlStoreOptions.Schema"/> allows.
    /// </exception>
    public static string Migrator(string schema = "hydra") => Role("migrator", schema);

    /// <summary>
    /// Creates the role "hydra_worker" and grants it what programs need that start and run workflows; the tables must
    /// be there.
    /// </summary>
    /// <param name="schema">The name of the schema, with which the role's begins. The default is "hydra".</param>
    /// <exception cref="ArgumentException">It is no name that <see cref="PostgreSqlStoreOptions.Schema"/> allows.
    /// </exception>
    public static string Worker(string schema = "hydra") => Role("worker", schema);

    /// <summary>
    /// Creates the role "hydra_reader" and lets it read all but inputs and outputs; the tables must be there.
    /// </summary>
    /// <param name="schema">The name of the schema, with which the role's begins. The default is "hydra".</param>
    /// <exception cref="ArgumentException">It is no name that <see cref="PostgreSqlStoreOptions.Schema"/> allows.
    /// </exception>
    public static string Reader(string schema = "hydra") => Role("reader", schema);

    /// <summary>
    /// Creates the role "hydra_pruner" and lets it delete executions that have ended; the tables must be there.
    /// </summary>
    /// <param name="schema">The name of the schema, with which the role's begins. The default is "hydra".</param>
    /// <exception cref="ArgumentException">It is no name that <see cref="PostgreSqlStoreOptions.Schema"/> allows.
    /// </exception>
    public static string Pruner(string schema = "hydra") => Role("pruner", schema);

    /// <summary>
    /// Fills in the name of the schema: {schema} is quoted, {name} stands between double quotes, {text} between E' and
    /// '. A name may itself look like one of them.
    /// </summary>
    internal static string Named(string script, string schema) => Placeholder().Replace(
        script,
        found => found.Value switch
        {
            "{schema}" => Quoting.Identifier(schema),
            "{name}" => Quoting.InIdentifier(schema),
            _ => Quoting.InText(schema),
        });

    [GeneratedRegex(@"\{(schema|name|text)\}")]
    private static partial Regex Placeholder();

    private static string Role(string role, string schema)
    {
        Validate(schema);
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"role_{role}.sql")!;
        using var reader = new StreamReader(stream);
        return Named(reader.ReadToEnd(), schema);
    }

    private static void Validate(string schema) => new PostgreSqlStoreOptions { Schema = schema }.Validate();
}
