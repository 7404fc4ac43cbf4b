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

    /// <summary>It looks for mail before the commit, not in it: a wake-up is lost when both come at once.</summary>
    MailBeforeCommit,
}
