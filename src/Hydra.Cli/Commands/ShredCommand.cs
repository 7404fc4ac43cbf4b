using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Destroys the key of a subject, and with it what is recorded of the subject.</summary>
internal static class ShredCommand
{
    public static Command Create(CommandRunner runner)
    {
        var subject = new Argument<string>("SUBJECT")
        {
            Description = "The subject that executions were started with.",
        };
        var command = new Command(
            "shred", "Destroys the key of a subject: nobody reads its executions any more. This cannot be undone.")
        {
            subject,
        };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var name = parse.GetRequiredValue(subject);
            var had = await client.ShredAsync(name, cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteJson(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("subject", name);
                    writer.WriteBoolean("hadKey", had);
                    writer.WriteEndObject();
                });
            }
            else
            {
                terminal.WriteLine(had
                    ? "Its key is destroyed. Nothing is started for it any more."
                    : "It has no key now, and never will: it had none, or that was destroyed before.");
            }

            return ExitCode.Done;
        }));
        return command;
    }
}
