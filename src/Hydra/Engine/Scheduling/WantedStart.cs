using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>One execution that a schedule is to start.</summary>
/// <param name="At">Its instant.</param>
/// <param name="Cause">Why it is started.</param>
/// <param name="Serial">Which trigger or backfill it is of; 0 for the timetable.</param>
internal sealed record WantedStart(Instant At, StartCause Cause = StartCause.Timetable, long Serial = 0);
