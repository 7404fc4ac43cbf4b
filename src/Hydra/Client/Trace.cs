namespace Hydra;

/// <summary>Where a value came from and went to.</summary>
/// <param name="Matches">
/// Where it was found: the oldest execution first, and in each in the order of its journal.
/// </param>
/// <param name="ExecutionsRead">How many executions were looked through.</param>
/// <param name="AtLeast">
/// Whether there are, or may be, more executions that the query allows than were looked through: more than its limit,
/// or the trace has passed 10,000 that are outside of its bounds and gone no further.
/// </param>
public sealed record Trace(IReadOnlyList<TraceMatch> Matches, int ExecutionsRead, bool AtLeast);
