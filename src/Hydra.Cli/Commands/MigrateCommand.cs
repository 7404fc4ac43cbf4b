using System.CommandLine;
using Hydra.MySql;
using Hydra.PostgreSql;

namespace Hydra.Cli.Commands;

/// <summary>Creates or upgrades the schema, for deployments that do not let their workers do it.</summary>
/// <remarks>With --script it prints the SQL that an administrator runs, and opens no database.</remarks>
internal static class MigrateCommand
{
    private static readonly Option<string?> Script = new("--script")
    {
        Description = "Print SQL instead of running it: schema creates the tables; migrator, worker, reader and pruner "
            + "create roles with the least rights. For PostgreSQL, unless the database is one of MySQL or MariaDB.",
        HelpName = "schema|migrator|worker|reader|pruner",
    };

    public static Command Create(CommandRunner runner)
    {
        var command = new Command("migrate", "Creates the database's schema or brings it to this version.") { Script };
        Script.AcceptOnlyFromAmong("schema", "migrator", "worker", "reader", "pruner");
        var migrate = runner.Action(_ => Migrated, migrate: true);
        var print = runner.ActionWithoutDatabase(Print);
        command.SetAction((parse, cancellationToken) =>
            parse.GetValue(Script) is null ? migrate(parse, cancellationToken) : Task.FromResult(print(parse)));
        return command;
    }

    private static Task<int> Migrated(IHydraClient client, Terminal terminal, CancellationToken cancellationToken)
    {
        if (terminal.Json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteBoolean("migrated", true);
                writer.WriteEndObject();
            });
        }
        else
        {
            terminal.WriteLine("The schema is of this version.");
        }

        return Task.FromResult(ExitCode.Done);
    }

    /// <param name="parse">What was asked for.</param>
    /// <param name="terminal">Where it goes.</param>
    /// <param name="url">The database, if one is named: its kind and the names of its tables are meant then.</param>
    private static int Print(ParseResult parse, Terminal terminal, string? url)
    {
        var script = ScriptFor(url, parse.GetValue(Script)!);
        if (terminal.Json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("script", script);
                writer.WriteEndObject();
            });
        }
        else
        {
            terminal.WriteLine(script.TrimEnd());
        }

        return ExitCode.Done;
    }

    private static string ScriptFor(string? url, string name)
    {
        if (url is null || PostgreSqlUrl.TryRead(url) is not null)
        {
            var schema = (url is null ? new PostgreSqlStoreOptions() : PostgreSqlUrl.TryRead(url)!.Options).Schema;
            return name switch
            {
                "schema" => PostgreSqlScripts.Schema(schema),
                "migrator" => PostgreSqlScripts.Migrator(schema),
                "worker" => PostgreSqlScripts.Worker(schema),
                "pruner" => PostgreSqlScripts.Pruner(schema),
                _ => PostgreSqlScripts.Reader(schema),
            };
        }

        if (MySqlUrl.TryRead(url) is not { Options.TablePrefix: var prefix })
        {
            throw new UsageException("Only servers have roles, and the database is a file.");
        }

        return name switch
        {
            "schema" => MySqlScripts.Schema(prefix),
            "migrator" => MySqlScripts.Migrator(prefix),
            "worker" => MySqlScripts.Worker(prefix),
            "pruner" => MySqlScripts.Pruner(prefix),
            _ => MySqlScripts.Reader(prefix),
        };
    }
}
