using System.Globalization;
using Hydra;

namespace Transfers;

/// <summary>What the sample's command line says.</summary>
internal sealed record SampleOptions
{
    public const string Help = """
        Moves money between ten accounts. Stop it or kill it at any time and run it again: no transfer is lost, none is
        done twice.

          --database URL  postgres://host/database, mysql://host/database or a file (default sqlite:transfers.db)
          --transfers N   how many there are in all (default 50)
          --pause TIME    how long to wait before each, so that there is time to kill it (default 100ms)
        """;

    public string DatabaseUrl { get; init; } = "sqlite:transfers.db";

    public int Transfers { get; init; } = 50;

    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <exception cref="FormatException">An option is unknown or has no value that it can have.</exception>
    public static SampleOptions Parse(IReadOnlyList<string> args)
    {
        var options = new SampleOptions();
        for (var i = 0; i < args.Count; i += 2)
        {
            var (name, value) = (args[i], i + 1 < args.Count ? args[i + 1] : "");
            options = name switch
            {
                "--database" when value != "" => options with { DatabaseUrl = value },
                "--transfers" when int.TryParse(
                    value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) =>
                    options with { Transfers = number },
                "--pause" when Durations.TryParse(value, out var duration) && duration >= TimeSpan.Zero =>
                    options with { Pause = duration },
                "--database" or "--transfers" or "--pause" =>
                    throw new FormatException($"{name}: '{value}' is no value for it."),
                _ => throw new FormatException($"{name} is no option."),
            };
        }

        return options;
    }
}
