namespace Hydra.Soak.Histories;

/// <summary>What a client heard of a request to stop.</summary>
internal enum CancelAnswer
{
    /// <summary>Its code will hear of it.</summary>
    Requested,

    /// <summary>It is cancelled.</summary>
    Ended,

    /// <summary>It had ended before.</summary>
    AlreadyEnded,

    /// <summary>The request never reached the database: nothing was asked.</summary>
    NotSent,

    /// <summary>Nothing: the request may have been made, or may yet be.</summary>
    Unknown,
}
