using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Creates or upgrades the schema, for deployments that do not let their workers do it.</summary>
internal static class MigrateCommand
{
    public static Command Create(CommandRunner runner)
    {
        var command = new Command("migrate", "Creates the database's schema or brings it to this version.");
        command.SetAction(runner.Action(
            _ => (_, terminal, _) =>
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
            },
            migrate: true));
        return command;
    }
}
