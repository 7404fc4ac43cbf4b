namespace Hydra.Storage;

/// <summary>One change of a schedule, with what it starts and cancels.</summary>
public sealed record ScheduleChange
{
    /// <summary>The schedule.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The <see cref="ScheduleRow.ChangeId"/> of what is to be changed; null when there must be no such schedule yet.
    /// </summary>
    public required long? ExpectedChange { get; init; }

    /// <summary>
    /// The schedule as it is to be, of the same name and with this change's own number; the store stamps its times.
    /// Null to remove it.
    /// </summary>
    public required ScheduleRow? Row { get; init; }

    /// <summary>
    /// What happens with the change: starts without an owner (<see cref="StartOperation"/>), and cancellations
    /// (<see cref="CancelOperation"/>), those of one execution in the order in which they happen. A removal starts
    /// nothing, since nobody could tell after a doubt whether it had. The default is nothing.
    /// </summary>
    public IReadOnlyList<StoreOperation> Operations { get; init; } = [];

    /// <summary>What the metrics tell once it is applied; null for a change that decides about no instant.</summary>
    internal ScheduleTally? Tally { get; init; }

    /// <summary>Whether it has been applied to a schedule before, so that it is submitted again.</summary>
    /// <param name="current">The schedule as it stands; null when there is none.</param>
    public bool IsAppliedTo(ScheduleRow? current) => Row is null ? current is null : current?.ChangeId == Row.ChangeId;

    /// <summary>Whether it may be applied to a schedule, or has been; it is stale otherwise.</summary>
    /// <param name="current">The schedule as it stands; null when there is none.</param>
    public bool Fits(ScheduleRow? current) => IsAppliedTo(current) || current?.ChangeId == ExpectedChange;

    /// <summary>The schedule as it is once this is applied, with its times; null when it is removed.</summary>
    /// <param name="current">The schedule as it stands; null when there is none.</param>
    /// <param name="now">The database's clock.</param>
    public ScheduleRow? Apply(ScheduleRow? current, Instant now) => IsAppliedTo(current)
        ? current
        : Row is null ? null : Row with { CreatedAt = current?.CreatedAt ?? now, ChangedAt = now };
}
