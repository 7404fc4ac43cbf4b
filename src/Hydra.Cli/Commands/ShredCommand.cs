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
            var before = await client.IsShreddedAsync(name, cancellationToken);
            var had = await client.ShredAsync(name, cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteJson(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("subject", name);
                    writer.WriteBoolean("hadKey", had);
                    writer.WriteBoolean("wasShredded", before);
                    writer.WriteEndObject();
                });
            }
            else
            {
                terminal.WriteLine(
                    had ? "Its key is destroyed. Nothing is started for it any more."
                    : before ? "It was shredded in this database before. Nothing is started for it any more. Keys that "
                        + "an application keeps elsewhere are not looked at."
                    : "There was no key of this subject in the database and namespace, and there never will be one. An "
                        + "application that keeps keys elsewhere still has them: shred there, with client.ShredAsync.");
            }

            return had || before ? ExitCode.Done : ExitCode.NotFound;
        }));
        return command;
    }
}
