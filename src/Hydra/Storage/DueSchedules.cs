namespace Hydra.Storage;

/// <summary>The schedules that are due.</summary>
/// <param name="Now">The database's clock.</param>
/// <param name="Schedules">Those that are due by that clock, the longest due first, then by name.</param>
/// <param name="NextDue">
/// When the first of those is due that are not yet; <see cref="Instant.Never"/> when there is none. Always after
/// <paramref name="Now"/>.
/// </param>
public sealed record DueSchedules(Instant Now, IReadOnlyList<ScheduleRow> Schedules, Instant NextDue);
