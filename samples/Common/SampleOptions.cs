using Hydra;

namespace Samples;

/// <summary>What the command line of a sample says.</summary>
/// <param name="Database">The file that executions are kept in.</param>
internal sealed record SampleOptions(string Database)
{
    /// <summary>How long whatever is outside takes: time enough to kill the process meanwhile.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>How long after kill -9 the next process takes over; the default suits slower networks.</summary>
    public TimeSpan ClaimTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The file that stands for the world outside.</summary>
    public string World => Path.ChangeExtension(Path.GetFullPath(Database), ".world.jsonl");

    public static string Help(string database) => $"""

          --database PATH       where executions are kept; what they do is in a file beside it (default {database})
          --pace TIME           how long everything outside takes: 100ms, 2s (default 600ms)
          --claim-timeout TIME  how soon the next process takes over after kill -9 (default 3s)
        """;

    /// <exception cref="FormatException">An option is unknown or has no value that it can have.</exception>
    public static SampleOptions Parse(IReadOnlyList<string> args, string database)
    {
        var options = new SampleOptions(database);
        for (var i = 0; i < args.Count; i += 2)
        {
            var (name, value) = (args[i], i + 1 < args.Count ? args[i + 1] : "");
            options = name switch
            {
                "--database" when value != "" => options with { Database = value },
                "--pace" => options with { Pace = Duration(name, value) },
                "--claim-timeout" => options with { ClaimTimeout = Duration(name, value) },
                "--database" => throw new FormatException($"{name} needs a value."),
                _ => throw new FormatException($"{name} is no option."),
            };
        }

        return options;
    }

    private static TimeSpan Duration(string name, string value) =>
        Durations.TryParse(value, out var duration) && duration > TimeSpan.Zero
            ? duration
            : throw new FormatException($"{name}: {Durations.Complaint(value)}");
}
