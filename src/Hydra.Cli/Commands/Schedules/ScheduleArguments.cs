using System.CommandLine;
using System.Globalization;
using Hydra.Storage;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Arguments and answers that the commands of schedules have in common.</summary>
internal static class ScheduleArguments
{
    public static Argument<string> Name() => new("NAME") { Description = "The name of the schedule." };

    public static Option<string?> Note() => new("--note")
    {
        Description = "Why, for people; it is kept with the schedule.",
        HelpName = "TEXT",
    };

    public static Option<T?> Policy<T>(string name, string description, string what = "policy") where T : struct, Enum
    {
        var policies = Enum.GetValues<T>().ToDictionary(Arguments.Camel, StringComparer.OrdinalIgnoreCase);
        var option = new Option<T?>(name)
        {
            Description = $"{description}: {string.Join(", ", policies.Keys)}.",
            HelpName = what.ToUpperInvariant(),
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (policies.TryGetValue(text, out var policy))
                {
                    return policy;
                }

                result.AddError($"{name}: '{text}' is no {what}. There are {string.Join(", ", policies.Keys)}.");
                return null;
            },
        };
        option.CompletionSources.Clear(); // The names of the type, which are not those that are parsed.
        option.CompletionSources.Add([.. policies.Keys]);
        return option;
    }

    public static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return time;
            }

            result.AddError($"{name}: '{text}' is no time. Write 2026-01-31T09:00:00Z; without an offset it is UTC.");
            return null;
        },
    };

    public static string Text(DateTimeOffset? time) => time is { } at ? Tables.Time(Instant.From(at)) : "";

    /// <summary>Tells how the schedule stands now: in JSON all of it, else one line.</summary>
    public static async Task PrintAsync(
        IHydraClient client, string name, Terminal terminal, CancellationToken cancellationToken)
    {
        var details = await client.Schedules.DescribeAsync(name, cancellationToken);
        if (terminal.Json)
        {
            terminal.WriteJson(writer => ExecutionJson.Write(writer, client.Namespace, details));
            return;
        }

        terminal.WriteLine(details switch
        {
            { Paused: true } => "It is paused.",
            { Problem: { } problem } => $"When it fires cannot be told here. {problem}",
            { NextAt: { } next } => $"It fires next at {Text(next)}.",
            _ => "It does not fire any more.",
        });
    }
}
