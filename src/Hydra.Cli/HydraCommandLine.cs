using System.CommandLine;
using Hydra.Cli.Commands;
using Hydra.Cli.Commands.Schedules;

namespace Hydra.Cli;

/// <summary>The command tree of `hydra`.</summary>
internal static class HydraCommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var connection = new Connection();
        var runner = new CommandRunner(connection);
        var root = new RootCommand("Looks at durable workflows, starts, repairs and ends them.")
        {
            MigrateCommand.Create(runner),
            StartCommand.Create(runner),
            ListCommand.Create(runner),
            ShowCommand.Create(runner),
            WhyCommand.Create(runner),
            ResultCommand.Create(runner),
            CancelCommand.Create(runner),
            TerminateCommand.Create(runner),
            RetryCommand.Create(runner),
            ShredCommand.Create(runner),
            RewrapCommand.Create(runner),
            RerunCommand.Create(runner),
            ForkCommand.Create(runner),
            LineageCommand.Create(runner),
            ReplayCommand.Create(runner),
            ExportCommand.Create(runner),
            SchedulesCommand.Create(runner),
            WorkersCommand.Create(runner),
            StatsCommand.Create(runner),
            PruneCommand.Create(runner),
            CompletionCommand.Create(runner),
        };
        connection.AddTo(root);
        LaterCommands.AddTo(root, runner);

        // No response files: here @ names the file of a URL or of an input.
        var parse = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parse.Errors.Count > 0 && args.Length > 0)
        {
            var terminal = new Terminal(Console.Out, Console.Error, args.Contains("--json", StringComparer.Ordinal));
            var errors = string.Join("; ", parse.Errors.Select(error => error.Message.TrimEnd('.')));
            terminal.Fail($"{errors}. See: {Path(parse)} --help");
            return ExitCode.Usage;
        }

        try
        {
            var code = await parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
            return parse.Errors.Count > 0 ? ExitCode.Usage : code;
        }
        catch (InvalidOperationException) when (IsSuggestion(args))
        {
            return ExitCode.Done; // The parser knows no suggestion for a value behind an equals sign, and throws.
        }
    }

    /// <summary>Whether a shell asks what may follow.</summary>
    private static bool IsSuggestion(string[] args) =>
        args is [var directive, ..] && directive.StartsWith("[suggest", StringComparison.Ordinal);

    private static string Path(ParseResult parse) =>
        parse.CommandResult.Command is RootCommand ? "hydra" : $"hydra {parse.CommandResult.Command.Name}";
}
