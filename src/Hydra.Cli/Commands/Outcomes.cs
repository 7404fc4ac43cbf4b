namespace Hydra.Cli.Commands;

/// <summary>The JSON that every command answers which asks something of one execution.</summary>
internal static class Outcomes
{
    public static void Print<T>(ExecutionHandle handle, T outcome, Terminal terminal) where T : struct, Enum
    {
        if (!terminal.Json)
        {
            return;
        }

        terminal.WriteJson(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", handle.Id.ToString());
            writer.WriteString("outcome", Arguments.Camel(outcome));
            writer.WriteEndObject();
        });
    }
}
