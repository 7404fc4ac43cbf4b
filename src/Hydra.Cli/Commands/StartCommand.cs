using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Starts an execution by the durable name of its workflow.</summary>
internal static class StartCommand
{
    public static Command Create(CommandRunner runner)
    {
        var workflow = new Argument<string>("WORKFLOW") { Description = "The durable name of the workflow." };
        var input = new Option<string?>("--input")
        {
            Description = "What it is started with. By default nothing.",
            HelpName = "JSON|@file|-",
        };
        var version = Arguments.InputVersion();
        var key = new Option<string?>("--key")
        {
            Description = "The idempotency key: starting again with the same input gives the same execution.",
            HelpName = "KEY",
        };
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended, and print its result." };
        var attempts = new Option<int?>("--max-attempts") { Description = "How many attempts it has.", HelpName = "N" };
        var timeout = Arguments.Duration("--timeout", "How long it may take, attempts and sleeps included.");
        var backoff = Arguments.Duration("--retry-backoff", "The delay before its second attempt.");
        var delay = Arguments.Duration("--delay", "How long after now it is first due.");
        var subject = new Option<string?>("--subject")
        {
            Description = "Whose data it has: everything is encrypted with that subject's key. See: hydra shred",
        };
        var command = new Command("start", "Starts an execution.")
        {
            workflow, input, version, key, subject, wait, attempts, timeout, backoff, delay,
        };
        command.SetAction(runner.Action(parse =>
        {
            var name = parse.GetRequiredValue(workflow);
            var options = new StartOptions
            {
                Key = parse.GetValue(key),
                MaxAttempts = parse.GetValue(attempts),
                Timeout = parse.GetValue(timeout),
                RetryBackoff = parse.GetValue(backoff),
                Delay = parse.GetValue(delay),
                Subject = parse.GetValue(subject),
            };
            var payload = JsonInput.Read(parse.GetValue(input), Console.In, parse.GetValue(version));
            var waits = parse.GetValue(wait);
            return async (client, terminal, cancellationToken) =>
            {
                var handle = await client.StartAsync(name, payload, options, cancellationToken);
                await WarnWhenNobodyKnowsAsync(name, client, terminal, cancellationToken);
                if (waits)
                {
                    return await Result.PrintAsync(handle, terminal, cancellationToken);
                }

                Print(handle, name, options.Key, client, terminal);
                return ExitCode.Done;
            };
        }));
        return command;
    }

    private static void Print(ExecutionHandle handle, string name, string? key, IHydraClient client, Terminal terminal)
    {
        if (!terminal.Json)
        {
            terminal.WriteLine(handle.Id.ToString());
            return;
        }

        terminal.WriteJson(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", handle.Id.ToString());
            writer.WriteString("workflow", name);
            writer.WriteString("key", key);
            writer.WriteString("namespace", client.Namespace);
            writer.WriteEndObject();
        });
    }

    /// <remarks>A name is durable data, not a type: a typing error would wait for ever without a word.</remarks>
    internal static async Task WarnWhenNobodyKnowsAsync(
        string name, IHydraClient client, Terminal terminal, CancellationToken cancellationToken)
    {
        var live = (await client.WorkersAsync(cancellationToken)).Where(Liveness.IsLive).ToList();
        if (live.Any(session => session.Workflows.Contains(name)))
        {
            return;
        }

        var known = live.SelectMany(session => session.Workflows).Distinct().Order(StringComparer.Ordinal).ToList();
        terminal.Warn(live.Count == 0
            ? $"No worker is live; '{name}' waits for one that knows it."
            : $"No live worker knows '{name}'; it waits for one that does. They know {string.Join(", ", known)}.");
    }
}
