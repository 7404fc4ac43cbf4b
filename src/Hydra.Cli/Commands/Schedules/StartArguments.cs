using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>How the executions of a schedule are started, as options of a command.</summary>
internal sealed class StartArguments
{
    private readonly Option<string?> _input = new("--input")
    {
        Description = "What its executions are started with. By default nothing.",
        HelpName = "JSON|@file|-",
    };

    private readonly Option<int> _version = Arguments.InputVersion();

    private readonly Option<string?> _subject = new("--subject") { Description = "Whose data its executions have." };

    private readonly Option<int?> _attempts = new("--max-attempts")
    {
        Description = "How many attempts each execution has.",
        HelpName = "N",
    };

    private readonly Option<TimeSpan?> _timeout = Arguments.Duration(
        "--timeout", "How long one may take, attempts and sleeps included.");

    private readonly Option<TimeSpan?> _backoff = Arguments.Duration(
        "--retry-backoff", "The delay before its second attempt.");

    private readonly Option<ExecutionPriority?> _priority = ScheduleArguments.Policy<ExecutionPriority>(
        "--priority", "Which of several due executions go first (default normal)", "priority");

    public void AddTo(Command command)
    {
        command.Add(_input);
        command.Add(_version);
        command.Add(_subject);
        command.Add(_attempts);
        command.Add(_timeout);
        command.Add(_backoff);
        command.Add(_priority);
    }

    public Payload ReadInput(ParseResult parse) =>
        JsonInput.Read(parse.GetValue(_input), Console.In, parse.GetValue(_version));

    public StartOptions Read(ParseResult parse) => new()
    {
        Subject = parse.GetValue(_subject),
        MaxAttempts = parse.GetValue(_attempts),
        Timeout = parse.GetValue(_timeout),
        RetryBackoff = parse.GetValue(_backoff),
        Priority = parse.GetValue(_priority) ?? ExecutionPriority.Normal,
    };
}
