using Hydra;

namespace Onboarding;

/// <summary>What the sample's command line says.</summary>
internal sealed record SampleOptions
{
    public const string Help = """
        Onboards a user: a welcome mail, a day of sleep, a second mail. Stop it or kill it at any time and run it again.

          --database PATH         where executions are kept; the outbox is beside it (default onboarding.db)
          --follow-up-after TIME  shortens the day: 10s, 5m, 24h (default 24h)
          --user ID               who is onboarded (default user-123)
          --email ADDRESS         (default john@example.com)
          --name NAME             (default John Doe)
          --again                 onboards the same user once more
        """;

    public string Database { get; init; } = "onboarding.db";

    public UserRegistration User { get; init; } = new("user-123", "john@example.com", "John Doe");

    public bool Again { get; init; }

    /// <summary>The file that stands for the mail server.</summary>
    public string Outbox => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Database))!, "outbox.jsonl");

    /// <exception cref="FormatException">An option is unknown or has no value that it can have.</exception>
    public static SampleOptions Parse(IReadOnlyList<string> args)
    {
        var options = new SampleOptions();
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == "--again")
            {
                options = options with { Again = true };
                continue;
            }

            var name = args[i];
            var value = ++i < args.Count && args[i].Length > 0
                ? args[i]
                : throw new FormatException($"{name} needs a value.");
            options = name switch
            {
                "--database" => options with { Database = value },
                "--user" => options with { User = options.User with { UserId = value } },
                "--email" => options with { User = options.User with { Email = value } },
                "--name" => options with { User = options.User with { Name = value } },
                "--follow-up-after" => options with
                {
                    User = options.User with
                    {
                        FollowUpAfter = Durations.TryParse(value, out var duration)
                            ? duration
                            : throw new FormatException($"{name}: {Durations.Complaint(value)}"),
                    },
                },
                _ => throw new FormatException($"{name} is no option."),
            };
        }

        return options;
    }
}
