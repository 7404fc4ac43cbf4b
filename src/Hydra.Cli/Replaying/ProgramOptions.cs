using System.CommandLine;

namespace Hydra.Cli.Replaying;

/// <summary>Which program a command asks for its code.</summary>
internal sealed class ProgramOptions
{
    private const string Variable = "HYDRA_PROGRAM";

    private readonly Option<string?> _program = new("--program")
    {
        Description = "The program that holds the workflows: an executable, or a .dll for dotnet. By default the "
            + $"environment's {Variable}.",
        HelpName = "PATH",
    };

    private readonly Option<string[]> _arguments = new("--arg")
    {
        Description = "An argument of that program; may be given several times, as --arg=--urls=http://x.",
        HelpName = "TEXT",
    };

    private readonly Option<TimeSpan?> _patience =
        Hydra.Cli.Arguments.Duration("--patience", "How long the code may take over one execution, 10s.");

    public void AddTo(Command command)
    {
        command.Options.Add(_program);
        command.Options.Add(_arguments);
        command.Options.Add(_patience);
    }

    /// <summary>Whether the command line has any of them.</summary>
    public bool IsGiven(ParseResult parse) =>
        new Option[] { _program, _arguments, _patience }.Any(option => parse.GetResult(option) is not null);

    /// <exception cref="UsageException">No program is named.</exception>
    public string Path(ParseResult parse) =>
        parse.GetValue(_program) ?? Environment.GetEnvironmentVariable(Variable)
            ?? throw new UsageException(
                $"No program is named. Pass --program path/to/App.dll, or set {Variable}.");

    public IReadOnlyList<string> Arguments(ParseResult parse) => parse.GetValue(_arguments) ?? [];

    public TimeSpan? Patience(ParseResult parse) => parse.GetValue(_patience);
}
