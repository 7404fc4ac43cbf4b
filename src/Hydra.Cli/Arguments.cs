using System.CommandLine;
using System.Text.Json;

namespace Hydra.Cli;

/// <summary>Arguments and options that several commands have, with the complaints that belong to them.</summary>
internal static class Arguments
{
    public static Argument<ExecutionId> Id() => new("ID")
    {
        Description = "The id of the execution.",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!ExecutionId.TryParse(text, null, out var id))
            {
                result.AddError($"'{text}' is no execution id, which looks like 0199a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d.");
            }

            return id;
        },
    };

    /// <summary>The same, where the command may be about many instead.</summary>
    public static Argument<ExecutionId?> OptionalId() => new("ID")
    {
        Description = "The id of the execution.",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result =>
        {
            if (result.Tokens.Count == 0)
            {
                return null;
            }

            var text = result.Tokens[0].Value;
            if (ExecutionId.TryParse(text, null, out var id))
            {
                return id;
            }

            result.AddError($"'{text}' is no execution id, which looks like 0199a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d.");
            return null;
        },
    };

    public static Option<int> InputVersion()
    {
        var version = new Option<int>("--input-version")
        {
            Description = "The version of the input's type, where the program upcasts older ones. By default 0.",
            HelpName = "N",
        };
        version.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > ushort.MaxValue)
            {
                result.AddError($"--input-version: a version is from 0 to {ushort.MaxValue}.");
            }
        });
        return version;
    }

    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Durations.TryParse(text, out var duration))
            {
                return duration;
            }

            result.AddError($"{name}: {Durations.Complaint(text)}");
            return null;
        },
    };

    public static Option<ExecutionState?> State()
    {
        var states = Enum.GetValues<ExecutionState>().ToDictionary(Camel, StringComparer.OrdinalIgnoreCase);
        var option = new Option<ExecutionState?>("--state")
        {
            Description = "Only executions in this state.",
            HelpName = "STATE",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (states.TryGetValue(text, out var state))
                {
                    return state;
                }

                result.AddError($"--state: '{text}' is no state. There are {string.Join(", ", states.Keys)}.");
                return null;
            },
        };
        option.CompletionSources.Clear(); // The names of the type, which are not those that are parsed.
        option.CompletionSources.Add([.. states.Keys]);
        return option;
    }

    public static string Camel<T>(T value) where T : struct, Enum =>
        JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
