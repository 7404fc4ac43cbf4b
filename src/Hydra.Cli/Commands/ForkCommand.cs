using System.CommandLine;

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
        var command = new Command("fork", "Makes a new execution that goes on from a step of this one.")
        {
            id, step, input, output, workflowInput, key, wait,
        };
        command.SetAction(runner.Action(parse =>
        {
            var options = new ForkOptions { Key = parse.GetValue(key) };
            options = parse.GetValue(input) is { } text ? options.WithStepInput(Read(text)) : options;
            options = parse.GetValue(output) is { } given ? options.WithStepOutput(Read(given)) : options;
            options = parse.GetValue(workflowInput) is { } other ? options.WithWorkflowInput(Read(other)) : options;
            var (from, waits) = (parse.GetRequiredValue(step), parse.GetValue(wait));
            return async (client, terminal, cancellationToken) =>
            {
                var source = client.Execution(parse.GetValue(id));
                var made = await source.ForkAsync(from, options, cancellationToken);
                return await NewExecution.PrintAsync(made, client, terminal, waits, cancellationToken);
            };
        }));
        return command;
    }

    private static Option<string?> Json(string name, string description) =>
        new(name) { Description = description, HelpName = "JSON|@file|-" };

    private static Payload Read(string text) => JsonInput.Read(text, Console.In);
}
