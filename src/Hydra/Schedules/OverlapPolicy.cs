namespace Hydra;

/// <summary>What a schedule does at an instant at which an execution that it has started has not ended.</summary>
public enum OverlapPolicy
{
    /// <summary>Nothing: the instant is skipped.</summary>
    Skip = 0,

    /// <summary>One instant waits until the execution has ended; those that come while it waits are skipped.</summary>
    BufferOne = 1,

    /// <summary>Instants wait and are started one after another. At most 1,000 wait; more are skipped.</summary>
    BufferAll = 2,

    /// <summary>
    /// The execution is asked to stop, and the new one starts when it has ended. The newest instant alone waits.
    /// </summary>
    CancelOther = 3,

    /// <summary>Every instant starts its execution at once.</summary>
    Allow = 4,
}
