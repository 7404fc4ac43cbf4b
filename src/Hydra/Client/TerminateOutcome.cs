namespace Hydra;

/// <summary>What became of a request to terminate.</summary>
public enum TerminateOutcome
{
    /// <summary>It has been ended, as cancelled, and nothing of it is written any more.</summary>
    Terminated = 0,

    /// <summary>It had ended before.</summary>
    AlreadyEnded = 1,
}
