namespace Hydra.Soak.Chaos;

/// <summary>What a <see cref="KillRun"/> does, and what else happens meanwhile.</summary>
internal sealed record KillPlan
{
    /// <summary>The headline of its figures.</summary>
    public required string Title { get; init; }

    public required int Workers { get; init; }

    public required int Executions { get; init; }

    /// <summary>For how long things are broken.</summary>
    public required TimeSpan Duration { get; init; }

    public TimeSpan ClaimTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Makes what knows the times in which nobody could write.</summary>
    public required Func<Fleet, IOutages> Outages { get; init; }

    /// <summary>Watches until it is cancelled.</summary>
    public Func<IOutages, CancellationToken, Task> WatchAsync { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>Breaks more than workers, and has mended it when it returns.</summary>
    public Func<IOutages, CancellationToken, Task> HurtAsync { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>What else is wrong in the end.</summary>
    public Func<IEnumerable<string>> Complaints { get; init; } = static () => [];
}
