namespace Hydra.Storage;

/// <summary>Why an execution is blocked.</summary>
public enum BlockedReason
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>Its journal does not match the code of the builds that tried; another build frees it.</summary>
    Mismatch = 1,

    /// <summary>It crashed its worker again and again without getting further.</summary>
    Quarantined = 2,
}
