namespace Hydra.Stores.Tests;

/// <summary>A fault that <see cref="PlantedStore"/> has.</summary>
internal enum Planted
{
    /// <summary>It knows no age.</summary>
    OldestFirst,

    /// <summary>It takes suspects unasked.</summary>
    AcceptSuspect,

    /// <summary>It suspends whatever mail has come.</summary>
    MailSeen,

    /// <summary>It forgets to write down beats.</summary>
    Beats,

    /// <summary>It loses the tries.</summary>
    Tries,

    /// <summary>It takes every try that began for one that may begin again.</summary>
    TryPhases,

    /// <summary>It forgets what an execution waits for.</summary>
    WaitsFor,

    /// <summary>It takes failures for results.</summary>
    FailedEntries,

    /// <summary>It trims keys, as some databases do when they compare.</summary>
    TrimmedKeys,

    /// <summary>It takes no notice of case in keys.</summary>
    KeysWithoutCase,

    /// <summary>It forgets where executions come from.</summary>
    Origins,

    /// <summary>It begins forks anew.</summary>
    Prefixes,

    /// <summary>It answers that a result has landed, and loses it.</summary>
    Landings,

    /// <summary>It bars nothing.</summary>
    Bars,

    /// <summary>It deletes what has ended, whatever the epoch.</summary>
    DeletedEpoch,

    /// <summary>It answers that it has deleted, and keeps it.</summary>
    Deletes,

    /// <summary>It applies changes of schedules that come too late.</summary>
    StaleChanges,

    /// <summary>It changes a schedule, and forgets what starts with it.</summary>
    ScheduledStarts,

    /// <summary>It keeps a key that was to be destroyed.</summary>
    DestroyedKeys,

    /// <summary>It does not fence: whoever writes is taken for the owner.</summary>
    Fence,

    /// <summary>It starts everything with the same priority.</summary>
    Priority,

    /// <summary>It forgets deadlines.</summary>
    Timeouts,

    /// <summary>It starts everything at once.</summary>
    Delays,

    /// <summary>It never owns what it starts.</summary>
    DirectStarts,

    /// <summary>It delivers a cancellation again and again.</summary>
    Delivered,

    /// <summary>It lets the next attempt begin at once.</summary>
    RetryDelay,

    /// <summary>It releases what a build has refused.</summary>
    Refusals,

    /// <summary>It answers a cancellation of what is running, but does not write it down.</summary>
    Cancellations,

    /// <summary>It ends what is past its deadline before its code could hear of it.</summary>
    DeadlineGrace,

    /// <summary>It does not delay suspects.</summary>
    SuspectDelay,

    /// <summary>It quarantines one crash too late.</summary>
    Quarantine,

    /// <summary>It leaves closed sessions to the sweep.</summary>
    Close,

    /// <summary>It does not tell when the next execution is due.</summary>
    NextDue,

    /// <summary>It never tells that there is more.</summary>
    More,

    /// <summary>It answers the whole journal, whatever the caller has.</summary>
    CachedThrough,

    /// <summary>It keeps what came before the bad operation of a batch.</summary>
    TornBatch,

    /// <summary>Its lists take no notice of states.</summary>
    ListState,

    /// <summary>Its pages of a journal begin one entry late.</summary>
    JournalPage,

    /// <summary>It commits the operations of a batch one by one: only who looks meanwhile can tell.</summary>
    BatchInPieces,

    /// <summary>It keeps no schedules, and says so.</summary>
    NoSchedules,

    /// <summary>Two claims that meet are both answered what one of them has taken.</summary>
    ClaimsShared,

    /// <summary>A claim that meets other calls loses the answer to what it has taken.</summary>
    ClaimsLost,

    /// <summary>It looks for mail before the commit, not in it: a wake-up is lost when both come at once.</summary>
    MailBeforeCommit,

    /// <summary>It looks for the change that is expected of a schedule before the change, not in it.</summary>
    ChangesMeet,
}
