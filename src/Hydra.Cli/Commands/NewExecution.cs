using System.CommandLine;
using Hydra.Storage;

namespace Hydra.Cli.Commands;

/// <summary>What the commands share that make an execution of another one.</summary>
internal static class NewExecution
{
    public static Option<string?> Key() => new("--key")
    {
        Description = "The idempotency key of the new execution. By default it has none.",
        HelpName = "KEY",
    };

    public static Option<bool> Wait() =>
        new("--wait") { Description = "Wait until it has ended, and print its result." };

    public static async Task<int> PrintAsync(
        ExecutionHandle made, IHydraClient client, Terminal terminal, bool waits, CancellationToken cancellationToken)
    {
        if (waits)
        {
            return await Result.PrintAsync(made, terminal, cancellationToken);
        }

        if (!terminal.Json)
        {
            terminal.WriteLine(made.Id.ToString());
            return ExitCode.Done;
        }

        var row = await made.StatusAsync(cancellationToken);
        var origin = await made.OriginAsync(cancellationToken);
        terminal.WriteJson(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", made.Id.ToString());
            writer.WriteString("workflow", row.Workflow);
            writer.WriteString("key", row.Key);
            writer.WriteString("namespace", client.Namespace);
            writer.WritePropertyName("origin");
            ExecutionJson.Write(writer, origin);
            writer.WriteEndObject();
        });
        return ExitCode.Done;
    }

    /// <summary>An origin in a few words.</summary>
    public static string Say(Origin? origin) => origin switch
    {
        null => "",
        { Kind: OriginKind.Schedule } => $"schedule {origin.Name}",
        { Kind: OriginKind.Rerun } => "rerun",
        { Edits: ForkEdits.None } => $"fork from {origin.Name}",
        _ => $"fork from {origin.Name}, edited: {Edited(origin.Edits)}",
    };

    private static string Edited(ForkEdits edits) => string.Join(
        ", ",
        Enum.GetValues<ForkEdits>().Where(one => one != ForkEdits.None && edits.HasFlag(one)).Select(Arguments.Camel));
}
