namespace Hydra.Storage;

/// <summary>What has been asked of an execution from outside and not yet been delivered to its code.</summary>
[Flags]
public enum ExecutionRequests
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Somebody cancelled it.</summary>
    Cancel = 1,
}
