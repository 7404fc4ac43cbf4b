namespace Hydra.Storage;

/// <summary>One schedule as a store keeps it.</summary>
public sealed record ScheduleRow
{
    /// <summary>Its name, unique within the namespace.</summary>
    public required string Name { get; init; }

    /// <summary>The durable name of the workflow that it starts.</summary>
    public required string Workflow { get; init; }

    /// <summary>
    /// The number of the change that wrote it, positive and random. Whoever changes it next must know this number, so a
    /// schedule that was removed and made again is not taken for the old one.
    /// </summary>
    public required long ChangeId { get; init; }

    /// <summary>
    /// When it is to be looked at next; <see cref="Instant.Never"/> when it is paused or has nothing left to start.
    /// </summary>
    public required Instant DueAt { get; init; }

    /// <summary>Whether somebody has paused it. The default is no.</summary>
    public bool Paused { get; init; }

    /// <summary>What it is: its times and policies. No store looks into it.</summary>
    public Payload Definition { get; init; }

    /// <summary>How far it has come. No store looks into it.</summary>
    public Payload Progress { get; init; }

    /// <summary>What its executions are given.</summary>
    public Payload Input { get; init; }

    /// <summary>When it was made, by the database's clock; the store stamps it.</summary>
    public Instant CreatedAt { get; init; }

    /// <summary>When it was last changed, by the database's clock; the store stamps it.</summary>
    public Instant ChangedAt { get; init; }
}
