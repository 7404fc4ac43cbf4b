using System.CommandLine;
using Hydra.PostgreSql;

namespace Hydra.Cli.Commands;

/// <summary>Creates or upgrades the schema, for deployments that do not let their workers do it.</summary>
/// <remarks>With --script it prints the SQL that an administrator runs, and opens no database.</remarks>
internal static class MigrateCommand
{
    private static readonly Option<string?> Script = new("--script")
    {
        Description = "Print SQL for PostgreSQL instead of running it: schema creates the tables; migrator, worker and "
            + "reader create roles with the least rights.",
        HelpName = "schema|migrator|worker|reader",
    };

    public static Command Create(CommandRunner runner)
    {
        var command = new Command("migrate", "Creates the database's schema or brings it to this version.") { Script };
        Script.AcceptOnlyFromAmong("schema", "migrator", "worker", "reader");
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
    /// <param name="url">The database, if one is named: its schema is meant then.</param>
    private static int Print(ParseResult parse, Terminal terminal, string? url)
    {
        var server = url is null ? null : PostgreSqlUrl.TryRead(url);
        if (url is not null && server is null)
        {
            throw new UsageException("Only PostgreSQL has schemas and roles, and the database is of another kind.");
        }

        var schema = server?.Options.Schema ?? new PostgreSqlStoreOptions().Schema;
        var script = parse.GetValue(Script) switch
        {
            "schema" => PostgreSqlScripts.Schema(schema),
            "migrator" => PostgreSqlScripts.Migrator(schema),
            "worker" => PostgreSqlScripts.Worker(schema),
            _ => PostgreSqlScripts.Reader(schema),
        };
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
}
