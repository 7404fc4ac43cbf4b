using System.CommandLine;

namespace Hydra.Cli;

/// <summary>Runs a command's work against an open engine; what goes wrong becomes one line and an exit code.</summary>
internal sealed class CommandRunner(Connection connection)
{
    /// <summary>The work of one command.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public delegate Task<int> Work(IHydraClient client, Terminal terminal, CancellationToken cancellationToken);

    /// <summary>Makes the action of a command.</summary>
    public Func<ParseResult, CancellationToken, Task<int>> Action(Func<ParseResult, Work> work, bool migrate = false) =>
        async (parse, cancellationToken) =>
        {
            var terminal = Terminal(parse);
            try
            {
                var prepared = work(parse); // Before the database is opened: bad input needs none.
                await using var engine = await connection.OpenAsync(parse, migrate, cancellationToken);
                return await prepared(engine.Client, terminal, cancellationToken);
            }
            catch (Exception e)
            {
                terminal.Fail(e is OperationCanceledException ? "Interrupted." : e.Message);
                return Code(e);
            }
        };

    /// <summary>Makes the action of a command that opens no database, and is given its URL, if there is one.</summary>
    public Func<ParseResult, int> ActionWithoutDatabase(Func<ParseResult, Terminal, string?, int> work) => parse =>
    {
        var terminal = Terminal(parse);
        try
        {
            return work(parse, terminal, connection.FindUrl(parse));
        }
        catch (Exception e)
        {
            terminal.Fail(e.Message);
            return e is FormatException ? ExitCode.Usage : Code(e);
        }
    };

    /// <summary>What a program needs to be told that is started on behalf of the command.</summary>
    public IReadOnlyDictionary<string, string?> Environment(ParseResult parse) => new Dictionary<string, string?>
    {
        ["DATABASE_URL"] = connection.FindUrl(parse),
        ["NAMESPACE"] = connection.FindNamespace(parse),
    };

    public Terminal Terminal(ParseResult parse) => new(Console.Out, Console.Error, parse.GetValue(connection.Json));

    private static int Code(Exception e) => e switch
    {
        UsageException or ArgumentException => ExitCode.Usage, // The engine checks names and options itself.
        ExecutionNotFoundException or ScheduleNotFoundException => ExitCode.NotFound,
        _ => ExitCode.Failed,
    };
}
