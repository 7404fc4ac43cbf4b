namespace Hydra.Simulation.Bugs;

/// <summary>A mistake that is made on purpose, to see whether it is found.</summary>
public enum PlantedBug
{
    None,

    /// <summary>No mistake: what makes the others is in between, and makes none.</summary>
    Harmless,

    /// <summary>The store takes writes under epochs that have passed.</summary>
    NoFence,

    /// <summary>The fence compares the epoch only: what nobody owns any more is written by who owned it.</summary>
    FenceWithoutOwner,

    /// <summary>The fence compares the owner only: one that owns it again is written by its own past.</summary>
    FenceWithoutEpoch,

    /// <summary>Who is fenced is told that it was applied.</summary>
    FencedForApplied,

    /// <summary>A checkpoint that leaves a gap behind the last is taken.</summary>
    GapAccepted,

    /// <summary>A batch that is submitted again is applied again.</summary>
    AppliedTwice,

    /// <summary>A settlement that is submitted again settles again, whoever owns the execution by then.</summary>
    SettledTwice,

    /// <summary>A commit in doubt is taken for one that did not happen.</summary>
    DoubtForFailure,

    /// <summary>An execution is suspended although something was delivered to it meanwhile.</summary>
    LostWakeUp,

    /// <summary>A cancellation does not count as mail.</summary>
    MailNotRaised,

    /// <summary>A cancellation is forgotten when the execution leaves its owner.</summary>
    CancelLost,

    /// <summary>A cancellation ends what had ended.</summary>
    EndOverwritten,

    /// <summary>The next attempt is due at once, whatever its delay.</summary>
    DelayLost,

    /// <summary>The end of an attempt is counted twice.</summary>
    AttemptTwice,

    /// <summary>The deadline does not wake what is suspended.</summary>
    DeadlineForgotten,

    /// <summary>A start whose key is taken makes a second execution.</summary>
    KeyedTwice,

    /// <summary>A start whose key belongs to other work is told that it is its own.</summary>
    ConflictForExisting,

    /// <summary>A journal that cannot be read while claiming is taken for an empty one.</summary>
    ErrorForAbsence,

    /// <summary>What a process has of a journal is taken for all of it.</summary>
    StaleCache,

    /// <summary>The tries of steps begin anew at every claim.</summary>
    TriesForgotten,

    /// <summary>The results that an attempt left behind are dropped.</summary>
    LandedDropped,

    /// <summary>A claim takes all suspects that there are.</summary>
    ManySuspects,

    /// <summary>A claim takes workflows that the worker does not know.</summary>
    UnknownClaimed,

    /// <summary>A claim takes what a living worker owns.</summary>
    StolenFromLiving,

    /// <summary>The time of the first start moves at every claim.</summary>
    StartTimeMoves,

    /// <summary>The clock of the process is taken for the database's.</summary>
    ProcessClock,

    /// <summary>A lease is judged by what was seen earlier of it.</summary>
    SweptUnchecked,

    /// <summary>A session that was swept comes back to life by a beat.</summary>
    SweptBeats,

    /// <summary>A crash counts as a failed attempt.</summary>
    CrashForAttempt,

    /// <summary>What one build has refused is given to no other.</summary>
    NeverUnblocked,

    /// <summary>A result is read before it is durable.</summary>
    ReadUncommitted,

    /// <summary>Bodies start before what led to them is durable.</summary>
    NoBarrier,

    /// <summary>What has come to its end sleeps instead, again and again.</summary>
    NeverEnds,

    /// <summary>The next try of a step begins before the failure of the last is durable.</summary>
    TryNotDurable,

    /// <summary>A writer whose batch is behind a stranger's lock sends that again and nothing else.</summary>
    BlockedStalls,

    /// <summary>A body that may begin at most once does so before that is durable.</summary>
    BeginNotDurable,

    /// <summary>The result of a transactional step lands, whoever owns the execution by then.</summary>
    LandingUnfenced,

    /// <summary>A transaction in doubt is taken for one that failed, and may still commit.</summary>
    NoBar,

    /// <summary>A result lands before what its body wrote is committed.</summary>
    LandedFirst,

    /// <summary>A claim does not tell what has landed.</summary>
    LandedForgotten,

    /// <summary>A new attempt of an execution does not hear of what an earlier one has landed.</summary>
    LandedSuperseded,

    /// <summary>How far a schedule has come is written before what it starts, in a transaction of its own.</summary>
    ScheduleCursorApart,

    /// <summary>A change of a schedule is applied whoever came first, and its starts are others each time.</summary>
    ScheduleUnfenced,

    /// <summary>The clock of the process that fires decides what is due.</summary>
    ScheduleProcessClock,
}
