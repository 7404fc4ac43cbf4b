using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Hydra.Cli.Replaying;

namespace Hydra.Cli.Commands;

/// <summary>Replays recorded executions with the code of the user's own program.</summary>
internal static class ReplayCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.OptionalId();
        var program = new ProgramOptions();
        var state = Arguments.State();
        var workflow = new Option<string?>("--workflow")
        {
            Description = "Only executions of this workflow.",
            HelpName = "W",
        };
        var limit = new Option<int>("--limit")
        {
            Description = "How many at most; that there are more is a failure. By default all.",
            HelpName = "N",
            DefaultValueFactory = _ => new ReplayFilter().Limit,
        };
        var fromStep = new Option<string?>("--from-step")
        {
            Description = "A dry run: goes on from this step over what is recorded behind it, and runs nothing.",
            HelpName = "KEY",
        };
        var input = Edited("--input", "Another input of the workflow, in a dry run.");
        var output = Edited("--output", "The outcome of that step, in a dry run.");
        var command = new Command(
            "replay", "Replays an execution, or all live ones, with the code of your program and without any effect.")
        {
            id, state, workflow, limit, fromStep, input, output,
        };
        program.AddTo(command);
        command.SetAction(runner.Action(parse =>
        {
            var path = program.Path(parse);
            var one = parse.GetValue(id);
            var wish = new ReplayWish(
                program.Patience(parse),
                parse.GetValue(fromStep),
                Value(parse.GetValue(input)),
                Value(parse.GetValue(output)));
            Check(wish, one);
            return async (client, terminal, cancellationToken) =>
            {
                var filter = new ReplayFilter
                {
                    State = parse.GetValue(state),
                    Workflow = parse.GetValue(workflow),
                    Limit = parse.GetValue(limit),
                };
                if (one is { } wanted)
                {
                    await client.Execution(wanted).StatusAsync(cancellationToken); // Not found is told at once.
                }

                await using var code = await CodeProgram.StartAsync(
                    path, program.Arguments(parse), runner.Environment(parse), cancellationToken);
                if (one is { } single)
                {
                    return await ReplayView.PrintOneAsync(
                        code.ReplayAsync(One(client, single, cancellationToken), wish, cancellationToken),
                        wish.IsDryRun,
                        terminal);
                }

                var live = new LiveExecutions(client, filter);
                return await PrintAllAsync(
                    code.ReplayAsync(live.ReadAsync(cancellationToken), wish, cancellationToken), live, terminal);
            };
        }));
        return command;
    }

    private static Option<string?> Edited(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "JSON|@file|-",
    };

    private static Payload? Value(string? text) => text is null ? null : JsonInput.Read(text, Console.In);

    private static void Check(ReplayWish wish, ExecutionId? id)
    {
        if (id is null && wish.IsDryRun)
        {
            throw new UsageException("A dry run is of one execution: say its ID.");
        }

        if (wish is { Output: not null, FromStep: null })
        {
            throw new UsageException("--output is the outcome of a step: say of which by --from-step.");
        }
    }

    private static async IAsyncEnumerable<ExecutionDetails> One(
        IHydraClient client, ExecutionId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await client.Execution(id).DescribeAsync(cancellationToken);
    }

    private static async Task<int> PrintAllAsync(
        IAsyncEnumerable<JsonDocument> answers, LiveExecutions live, Terminal terminal)
    {
        var summary = new ReplaySummary();
        var reports = new List<JsonElement>();
        await foreach (var answer in answers)
        {
            using (answer)
            {
                var report = answer.RootElement.GetProperty("report");
                var verdict = Enum.Parse<ReplayVerdict>(report.GetProperty("verdict").GetString()!, ignoreCase: true);
                summary.Add(report.GetProperty("workflow").GetString()!, verdict);
                if (terminal.Json || !ReplayView.Matches(report) || report.GetProperty("warnings").GetArrayLength() > 0)
                {
                    reports.Add(ReplayView.Brief(report));
                }
            }
        }

        if (terminal.Json)
        {
            terminal.WriteJson(writer => ReplayView.Write(writer, reports, summary, live.AtLimit));
        }
        else
        {
            ReplayView.Print(reports, summary, terminal);
            if (live.AtLimit)
            {
                terminal.Warn(
                    $"It stopped at the limit of {Tables.Number(live.Limit)}: there are more, and nothing is known of "
                    + "them.");
            }
        }

        return summary.Broken == 0 && !live.AtLimit ? ExitCode.Done : ExitCode.Failed;
    }
}
