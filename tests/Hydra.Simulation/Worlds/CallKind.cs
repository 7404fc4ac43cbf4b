namespace Hydra.Simulation.Worlds;

/// <summary>The calls of a store that can fail.</summary>
internal enum CallKind
{
    Migrate,
    Open,
    Beat,
    Close,
    Claim,
    Commit,
    Maintain,
    Find,
    FindEnds,
    ReadJournal,
    ReadTries,
    ReadCrashes,
    ReadRefusals,
    ReadOrigins,
    List,
    ListSessions,
    Count,
    Now,
    WaitForChange,
    Begin,
    Prepare,
    Land,
    CommitUser,
    Bar,
    ReadLanded,

    // Of worlds with schedules alone, whose test counts them: the next four.
    FindSchedule,
    ListSchedules,
    ListDue,
    ApplySchedule,

    // Of stories with retention alone, whose sweeps make each fail in every way: the next two.
    ListEnded,
    DeleteEnded,
}
