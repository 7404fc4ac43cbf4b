using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Prints everything that is recorded of an execution, for a replay elsewhere.</summary>
internal static class ExportCommand
{
    private const UnixFileMode UserOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var file = new Option<string?>("--output")
        {
            Description = "Write it to this file, which only its owner may read, instead of printing it.",
            HelpName = "FILE",
        };
        var command = new Command(
            "export", "Prints all that is recorded of an execution, to replay or debug it on another machine.")
        {
            id, file,
        };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var details = await client.Execution(parse.GetValue(id)).DescribeAsync(cancellationToken);
            var history = HistoryJson.Format(details);
            if (parse.GetValue(file) is not { } path)
            {
                terminal.WriteLine(history);
                return ExitCode.Done;
            }

            await WriteAsync(path, history, cancellationToken);
            return ExitCode.Done;
        }));
        return command;
    }

    /// <summary>What is secret in it stands there in plain text.</summary>
    private static async Task WriteAsync(string path, string history, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UserOnly;
        }

        try
        {
            await using var file = new FileStream(path, options);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file.SafeFileHandle, UserOnly); // One that was there keeps the mode that it had.
            }

            await using var stream = new StreamWriter(file);
            await stream.WriteLineAsync(history.AsMemory(), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output: {e.Message}");
        }
    }
}
