using System.CommandLine;
using System.Runtime.CompilerServices;
using Hydra.Cli.Replaying;

namespace Hydra.Cli.Commands;

/// <summary>Makes an execution that goes on from a step of another one.</summary>
internal static class ForkCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var step = new Option<string>("--from-step")
        {
            Description = "The key of the step that runs anew, with all behind it.",
            HelpName = "KEY",
            Required = true,
        };
        var input = Json("--input", "What the step's body is given instead of its recorded input.");
        var output = Json("--output", "The step's outcome: its body does not run.");
        var workflowInput = Json("--workflow-input", "What the workflow is given instead of its recorded input.");
        var key = NewExecution.Key();
        var wait = NewExecution.Wait();
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Makes nothing and runs no step: tells what it would come to, with your program's code.",
        };
        var program = new ProgramOptions();
        var command = new Command("fork", "Makes a new execution that goes on from a step of this one.")
        {
            id, step, input, output, workflowInput, key, wait, dryRun,
        };
        program.AddTo(command);
        command.SetAction(runner.Action(parse =>
        {
            var wish = new ForkWish(
                parse.GetRequiredValue(step),
                parse.GetValue(key),
                Read(parse.GetValue(input)),
                Read(parse.GetValue(output)),
                Read(parse.GetValue(workflowInput)));
            var waits = parse.GetValue(wait);
            if (parse.GetValue(dryRun))
            {
                return waits
                    ? throw new UsageException("--wait is for a fork that is made, and --dry-run makes none.")
                    : DryRun(wish, program, runner, parse, parse.GetValue(id));
            }

            if (program.IsGiven(parse))
            {
                throw new UsageException("A fork is run by workers; a program is asked with --dry-run only.");
            }

            var options = Options(wish);
            return async (client, terminal, cancellationToken) =>
            {
                var source = client.Execution(parse.GetValue(id));
                var made = await source.ForkAsync(wish.Step, options, cancellationToken);
                return await NewExecution.PrintAsync(made, client, terminal, waits, cancellationToken);
            };
        }));
        return command;
    }

    private static CommandRunner.Work DryRun(
        ForkWish wish, ProgramOptions program, CommandRunner runner, ParseResult parse, ExecutionId id)
    {
        var path = program.Path(parse);
        return async (client, terminal, cancellationToken) =>
        {
            await client.Execution(id).StatusAsync(cancellationToken); // Not found is told at once.
            await using var code = await CodeProgram.StartAsync(
                path, program.Arguments(parse), runner.Environment(parse), cancellationToken);
            var replay = new ReplayWish(program.Patience(parse), FromStep: null, Input: null, Output: null)
            {
                Fork = wish,
            };
            var answers = code.ReplayAsync(One(client, id, cancellationToken), replay, cancellationToken);
            return await ReplayView.PrintOneAsync(answers, isDryRun: true, terminal);
        };
    }

    private static async IAsyncEnumerable<ExecutionDetails> One(
        IHydraClient client, ExecutionId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await client.Execution(id).DescribeAsync(cancellationToken);
    }

    private static ForkOptions Options(ForkWish wish)
    {
        var options = new ForkOptions { Key = wish.Key };
        options = wish.Input is { } input ? options.WithStepInput(input) : options;
        options = wish.Output is { } output ? options.WithStepOutput(output) : options;
        return wish.WorkflowInput is { } other ? options.WithWorkflowInput(other) : options;
    }

    private static Option<string?> Json(string name, string description) =>
        new(name) { Description = description, HelpName = "JSON|@file|-" };

    private static Payload? Read(string? text) => text is null ? null : JsonInput.Read(text, Console.In);
}
