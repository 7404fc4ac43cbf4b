using System.Globalization;
using System.Reflection;
using System.Text;
using Hydra.MySql.Migrations;
using Hydra.MySql.Sql;

namespace Hydra.MySql;

/// <summary>The SQL that administrators run who let no program change the tables. Safe from any thread.</summary>
/// <remarks>
/// Each is for the database that it is run in, by mysql or mariadb, and may be run again. The command line prints them:
/// <c>hydra migrate --script worker --database mysql://host/orders</c>.
/// </remarks>
public static class MySqlScripts
{
    private const int LongestUser = 32; // MySQL's limit; MariaDB takes more.

    /// <summary>
    /// Creates the tables, as migrating an empty database does. Each of its statements is committed by itself. Unlike
    /// the others it is for a database that has none of the tables yet.
    /// </summary>
    /// <param name="tablePrefix">What their names begin with. The default is "hydra_".</param>
    /// <exception cref="ArgumentException">
    /// It is nothing that <see cref="MySqlStoreOptions.TablePrefix"/> allows.
    /// </exception>
    public static string Schema(string tablePrefix = "hydra_")
    {
        Validate(tablePrefix);
        var sql = new MySqlSql(tablePrefix);
        var (runner, brings) = (MySqlMigrationTarget.Runner, MySqlMigrationTarget.Brings);
        var script = new StringBuilder();
        script.AppendLine(CultureInfo.InvariantCulture, $"{sql.CreateVersions};");
        for (var version = 1; version <= brings.Version; version++)
        {
            script.AppendLine().AppendLine(Named(runner.ReadScript(version), tablePrefix));
            script.AppendLine(sql.AddVersion
                .Replace("@version", version.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace(
                    "@minLibrary", brings.MinLibrary.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                + ";");
        }

        return script.ToString();
    }

    /// <summary>Creates the user "hydra_migrator", who may create and change tables in the database.</summary>
    /// <param name="tablePrefix">
    /// What the names of the tables begin with, and the user's too. The default is "hydra_".
    /// </param>
    /// <exception cref="ArgumentException">
    /// It is nothing that <see cref="MySqlStoreOptions.TablePrefix"/> allows, or too long for the name of a user.
    /// </exception>
    public static string Migrator(string tablePrefix = "hydra_") => Role("migrator", tablePrefix);

    /// <summary>
    /// Creates the user "hydra_worker" and grants what programs need that start and run workflows; the tables must be
    /// there.
    /// </summary>
    /// <param name="tablePrefix">
    /// What the names of the tables begin with, and the user's too. The default is "hydra_".
    /// </param>
    /// <exception cref="ArgumentException">
    /// It is nothing that <see cref="MySqlStoreOptions.TablePrefix"/> allows, or too long for the name of a user.
    /// </exception>
    public static string Worker(string tablePrefix = "hydra_") => Role("worker", tablePrefix);

    /// <summary>
    /// Creates the user "hydra_reader" and lets it read all but inputs and outputs; the tables must be there.
    /// </summary>
    /// <param name="tablePrefix">
    /// What the names of the tables begin with, and the user's too. The default is "hydra_".
    /// </param>
    /// <exception cref="ArgumentException">
    /// It is nothing that <see cref="MySqlStoreOptions.TablePrefix"/> allows, or too long for the name of a user.
    /// </exception>
    public static string Reader(string tablePrefix = "hydra_") => Role("reader", tablePrefix);

    /// <summary>
    /// Creates the user "hydra_pruner" and lets it delete executions that have ended; the tables must be there.
    /// </summary>
    /// <param name="tablePrefix">
    /// What the names of the tables begin with, and the user's too. The default is "hydra_".
    /// </param>
    /// <exception cref="ArgumentException">
    /// It is nothing that <see cref="MySqlStoreOptions.TablePrefix"/> allows, or too long for the name of a user.
    /// </exception>
    public static string Pruner(string tablePrefix = "hydra_") => Role("pruner", tablePrefix);

    private static string Role(string role, string tablePrefix)
    {
        Validate(tablePrefix);
        var name = tablePrefix.TrimEnd('_');
        if (name.Length == 0 || $"{name}_{role}".Length > LongestUser)
        {
            throw new ArgumentException(
                $"The user would be called '{name}_{role}', and such names have 1 to {LongestUser} characters and do "
                + "not begin with an underscore. Choose another prefix.",
                nameof(tablePrefix));
        }

        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"role_{role}.sql")!;
        using var reader = new StreamReader(stream);
        return Named(reader.ReadToEnd(), tablePrefix).Replace("{name}", name, StringComparison.Ordinal);
    }

    private static string Named(string script, string tablePrefix) =>
        script.Replace("{prefix}", tablePrefix, StringComparison.Ordinal);

    private static void Validate(string tablePrefix) => new MySqlStoreOptions { TablePrefix = tablePrefix }.Validate();
}
