using System.Text.Json;
using Hydra;

namespace Worker.Scripted;

/// <summary>Runs a script. Its output has one value per command.</summary>
public sealed class ScriptedWorkflow : IWorkflow<Script, IReadOnlyList<object?>>
{
    private static readonly JsonElement Null = JsonSerializer.SerializeToElement<object?>(null);

    public Task<IReadOnlyList<object?>> RunAsync(WorkflowContext context, Script script) =>
        RunAsync(context, Needed(script?.Commands, "The input", "commands"));

    private static async Task<IReadOnlyList<object?>> RunAsync(
        WorkflowContext context, IReadOnlyList<ScriptCommand> commands)
    {
        var outputs = new List<object?>(commands.Count);
        foreach (var command in commands)
        {
            outputs.Add(await RunAsync(context, command));
        }

        return outputs;
    }

    private static async Task<object?> RunAsync(WorkflowContext context, ScriptCommand command)
    {
        switch (command.Op)
        {
            case "step":
                return await StepAsync(context, command);
            case "sleep":
                await context.SleepAsync(TimeSpan.FromMilliseconds(command.Millis));
                return null;
            case "parallel":
                return await Task.WhenAll(Branches(context, command));
            case "race":
                var branches = Branches(context, command);
                var winner = await Task.WhenAny(branches);
                return new RaceResult(branches.IndexOf(winner), await winner);
            case "repeat":
                return await RepeatAsync(context, command);
            case "guard":
                return await GuardAsync(context, command);
            case "fail":
                throw new ScriptedFailureException(command.Message ?? "The script says fail.");
            case "exit":
                Environment.FailFast("The script says exit.");
                return null;
            case "wait" or "child":
                throw new NonRetryableException($"'{command.Op}' is not in this version of the scripted workflow.");
            default:
                throw new NonRetryableException($"'{command.Op}' is no command of a script.");
        }
    }

    private static async Task<object?> RepeatAsync(WorkflowContext context, ScriptCommand command)
    {
        var commands = Needed(command.Commands, "A repeat", "commands");
        var outputs = new List<object?>();
        for (var i = 0; i < command.Times; i++)
        {
            outputs.Add(await RunAsync(context, commands));
        }

        return outputs;
    }

    /// <summary>Runs commands, and cleans up after them if the execution is asked to stop meanwhile.</summary>
    private static async Task<object?> GuardAsync(WorkflowContext context, ScriptCommand command)
    {
        var commands = Needed(command.Commands, "A guard", "commands");
        var cleanup = Needed(command.Cleanup, "A guard", "cleanup");
        try
        {
            return await RunAsync(context, commands);
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            await RunAsync(context, cleanup); // Calls that are made from here on are not cancelled.
            throw;
        }
    }

    /// <summary>Begins the branches. Losers of a race go on until the execution has completed.</summary>
    private static List<Task<IReadOnlyList<object?>>> Branches(WorkflowContext context, ScriptCommand command) =>
        Needed(command.Branches, $"A {command.Op}", "branches") is { Count: > 0 } branches
            ? [.. branches.Select(branch => RunAsync(context, branch))]
            : throw new NonRetryableException($"A {command.Op} needs at least one branch.");

    private static Task<JsonElement> StepAsync(WorkflowContext context, ScriptCommand command)
    {
        var retry = new RetryPolicy
        {
            MaxAttempts = command.MaxAttempts ?? 3,
            Backoff = TimeSpan.FromMilliseconds(command.BackoffMillis ?? 100),
        };
        return context.StepAsync(
            Needed(command.Name, "A step", "name"),
            command.Input ?? Null,
            (input, cancellationToken) => RunBodyAsync(command, input, cancellationToken),
            new StepOptions { Retry = retry });
    }

    private static async Task<JsonElement> RunBodyAsync(
        ScriptCommand command, JsonElement input, CancellationToken cancellationToken)
    {
        var step = StepContext.Current!;
        var output = command.Output ?? Null;
        var log = command.SideEffectFile is { } path ? new SideEffectLog(path, step, input) : null;
        log?.Begin();
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(command.Millis), cancellationToken);
            if (step.Attempt <= command.FailTimes)
            {
                throw new ScriptedFailureException($"Attempt {step.Attempt} of '{step.StepKey}' fails as scripted.");
            }
        }
        catch
        {
            log?.EndFailed();
            throw;
        }

        log?.End(output);
        return output;
    }

    private static T Needed<T>(T? value, string what, string name) where T : class =>
        value ?? throw new NonRetryableException($"{what} needs \"{name}\".");
}
