namespace Hydra.Storage;

/// <summary>What the metrics tell of a change of a schedule once it is applied; no store keeps it.</summary>
/// <param name="Starts">What it starts: for which instant, and why (timetable, trigger or backfill).</param>
/// <param name="Skipped">How many instants it skips because of executions that have not ended.</param>
/// <param name="Gap">Whether it passes over instants that were missed, and are not made up for.</param>
internal sealed record ScheduleTally(IReadOnlyList<(Instant At, string Cause)> Starts, long Skipped, bool Gap);
