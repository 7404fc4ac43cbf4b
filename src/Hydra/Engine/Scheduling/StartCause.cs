namespace Hydra.Engine.Scheduling;

/// <summary>Why a schedule starts an execution.</summary>
internal enum StartCause
{
    /// <summary>An instant of its timetable has come.</summary>
    Timetable = 0,

    /// <summary>Somebody wanted it now.</summary>
    Trigger = 1,

    /// <summary>Somebody wanted the instants of a range that has passed.</summary>
    Backfill = 2,
}
