namespace Hydra.Testing;

/// <summary>What a step of a random sequence does.</summary>
internal enum ModelAction
{
    Start,
    Claim,
    Advance,
    Settle,

    /// <summary>Several operations together.</summary>
    Batch,
    Cancel,
    Terminate,
    Retry,

    /// <summary>Commits an earlier batch once more, as after a doubt.</summary>
    Resubmit,

    /// <summary>Lets time pass, in which some sessions beat.</summary>
    Pass,

    /// <summary>Has a session claim and fall silent while the others beat and one of them sweeps.</summary>
    Crash,
    Maintain,

    /// <summary>Lands the result of a step in a transaction, or bars it.</summary>
    Land,

    /// <summary>Deletes what has ended.</summary>
    Delete,

    /// <summary>Changes a schedule, or asks for some.</summary>
    Schedule,

    /// <summary>Adds, finds or destroys the key of a subject.</summary>
    Key,

    /// <summary>Asks the queries something.</summary>
    Read,

    /// <summary>Ends a process and starts another: its store is disposed and opened anew.</summary>
    Reopen,
    Open,
    Close,
}
