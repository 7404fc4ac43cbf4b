namespace Hydra.Storage;

/// <summary>What is recorded of one try at a step, besides the outcome in the journal.</summary>
public enum TryPhase
{
    /// <summary>
    /// Its body has been running for a while; or begins next, in what has crashed its workers and got no further.
    /// </summary>
    Started = 0,

    /// <summary>Its body failed, and another try follows.</summary>
    Failed = 1,

    /// <summary>Its body was still running when the execution's attempt ended.</summary>
    Abandoned = 2,

    /// <summary>Its body, which may run at most once, begins next; written before it does.</summary>
    BegunOnce = 3,

    /// <summary>Takes back that the body of the same try begins: it has not begun and will not.</summary>
    NotBegun = 4,

    /// <summary>
    /// Its result, committed together with what its body wrote. With a failure it is the bar in the place of a result:
    /// this try has not committed and never will.
    /// </summary>
    Landed = 5,
}
