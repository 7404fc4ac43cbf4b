namespace Hydra;

/// <summary>What became of a request to try again at once.</summary>
public enum RetryOutcome
{
    /// <summary>It is due now: a worker that knows its workflow takes it as soon as one of its slots is free.</summary>
    Due = 0,

    /// <summary>
    /// It is running, is to begin later, or waits for something that its own code asked for. Nothing was changed.
    /// </summary>
    NothingToRetry = 1,

    /// <summary>It has ended and stays as it is; its work can only be started anew.</summary>
    AlreadyEnded = 2,
}
