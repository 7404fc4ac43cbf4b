namespace Hydra.Storage;

/// <summary>One live worker process.</summary>
public sealed record SessionRow
{
    /// <summary>The session, random at every start of a process.</summary>
    public required SessionId Id { get; init; }

    /// <summary>The configured name of the worker, which several sessions may share.</summary>
    public required string Worker { get; init; }

    /// <summary>The build of the code it runs.</summary>
    public required string Build { get; init; }

    /// <summary>The host it runs on and its process id.</summary>
    public string Host { get; init; } = "";

    /// <summary>The workflows it knows.</summary>
    public IReadOnlyList<string> Workflows { get; init; } = [];

    /// <summary>How many executions it runs at most.</summary>
    public int Concurrency { get; init; }

    /// <summary>How often it beats.</summary>
    public required TimeSpan HeartbeatInterval { get; init; }

    /// <summary>How long after a beat its lease ends.</summary>
    public required TimeSpan ClaimTimeout { get; init; }

    /// <summary>When it was opened; the store stamps it.</summary>
    public Instant StartedAt { get; init; }

    /// <summary>When it last beat; the store stamps it.</summary>
    public Instant LastBeatAt { get; init; }

    /// <summary>Since when no beat of it was late; the store stamps it.</summary>
    public Instant OnTimeSince { get; init; }

    /// <summary>When its lease ends unless it beats; the store stamps it.</summary>
    public Instant ExpiresAt { get; init; }
}
