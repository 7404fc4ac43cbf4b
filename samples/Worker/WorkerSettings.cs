using System.Globalization;
using Hydra;

namespace Worker;

/// <summary>What the environment says about a worker.</summary>
internal sealed record WorkerSettings
{
    public required string DatabaseUrl { get; init; }

    public required string Namespace { get; init; }

    public required WorkerOptions Worker { get; init; }

    /// <summary>Whether it answers HTTP: only where ASPNETCORE_URLS says at which addresses.</summary>
    public bool ServesHttp { get; init; }

    /// <summary>Whether it creates or upgrades the schema, instead of only checking it.</summary>
    public bool MigrateOnOpen { get; init; } = true;

    /// <summary>Reads the variables; what is not set keeps the library's default.</summary>
    /// <param name="variable">Gives a variable's value by its name.</param>
    /// <exception cref="FormatException">A variable is missing or has a value that it cannot have.</exception>
    public static WorkerSettings Read(Func<string, string?> variable)
    {
        string? Text(string name) => variable(name) is { Length: > 0 } value ? value : null;

        TimeSpan? Duration(string name) => Text(name) switch
        {
            null => null,
            var text when Durations.TryParse(text, out var duration) && duration > TimeSpan.Zero => duration,
            var text => throw new FormatException($"{name}: {Durations.Complaint(text)}"),
        };

        var worker = new WorkerOptions();
        var claimTimeout = Duration("HYDRA_CLAIM_TIMEOUT") ?? worker.ClaimTimeout;

        // A short claim timeout alone is a complete wish: it takes shorter heartbeats along.
        var heartbeat = worker.HeartbeatInterval * 4 > claimTimeout ? claimTimeout / 4 : worker.HeartbeatInterval;
        worker = worker with
        {
            WorkerId = Text("WORKER_ID") ?? worker.WorkerId,
            Concurrency = Concurrency(Text("MAX_CONCURRENCY")) ?? worker.Concurrency,
            ClaimTimeout = claimTimeout,
            HeartbeatInterval = Duration("HYDRA_HEARTBEAT_INTERVAL") ?? heartbeat,
            PollInterval = Duration("HYDRA_POLL_INTERVAL") ?? worker.PollInterval,
        };
        if (worker.HeartbeatInterval * 3 > worker.ClaimTimeout)
        {
            throw new FormatException(
                $"HYDRA_HEARTBEAT_INTERVAL ({Durations.Format(worker.HeartbeatInterval)}) must be at most a third of "
                + $"HYDRA_CLAIM_TIMEOUT ({Durations.Format(worker.ClaimTimeout)}).");
        }

        return new WorkerSettings
        {
            DatabaseUrl = Text("DATABASE_URL") ?? throw new FormatException(
                "DATABASE_URL is not set. Name the database, such as sqlite:hydra.db."),
            Namespace = Text("NAMESPACE") ?? "default",
            Worker = worker,
            MigrateOnOpen = Text("HYDRA_MIGRATE_ON_OPEN") switch
            {
                null or "true" => true,
                "false" => false,
                var text => throw new FormatException($"HYDRA_MIGRATE_ON_OPEN: '{text}' is neither true nor false."),
            },
            ServesHttp = Text("ASPNETCORE_URLS") is not null,
        };
    }

    private static int? Concurrency(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= Limits.MaxConcurrency
                ? number
                : throw new FormatException(
                    $"MAX_CONCURRENCY: '{text}' is no number from 1 to {Limits.MaxConcurrency}.");
    }
}
