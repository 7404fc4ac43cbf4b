namespace Hydra.Soak.Histories;

/// <summary>What a client heard of a start.</summary>
internal enum StartOutcome
{
    /// <summary>It got a handle.</summary>
    Acknowledged,

    /// <summary>It was told that the key belongs to other work.</summary>
    Conflict,

    /// <summary>It gave up before it heard: the start may have happened, or may yet.</summary>
    Unknown,
}
