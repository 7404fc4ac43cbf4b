namespace Hydra.Cli.Commands;

/// <summary>Waits for an execution's end and prints what came of it.</summary>
internal static class Result
{
    public static async Task<int> PrintAsync(
        ExecutionHandle handle, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            var output = await handle.OutputAsync(cancellationToken);
            Print(handle, ExecutionState.Completed, output, null, terminal);
            return ExitCode.Done;
        }
        catch (WorkflowFailedException e)
        {
            if (terminal.Json)
            {
                Print(handle, e.State, default, e.Failure, terminal);
            }

            terminal.Fail(e.Message);
            return ExitCode.Failed;
        }
    }

    private static void Print(
        ExecutionHandle handle, ExecutionState state, Payload output, Failure? failure, Terminal terminal) =>
        terminal.WriteJson(writer =>
        {
            if (!terminal.Json)
            {
                ExecutionJson.Write(writer, output);
                return;
            }

            writer.WriteStartObject();
            writer.WriteString("id", handle.Id.ToString());
            writer.WriteString("state", Arguments.Camel(state));
            writer.WritePropertyName("output");
            ExecutionJson.Write(writer, output);
            writer.WritePropertyName("failure");
            ExecutionJson.Write(writer, failure);
            writer.WriteEndObject();
        });
}
