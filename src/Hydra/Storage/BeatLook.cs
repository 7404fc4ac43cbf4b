namespace Hydra.Storage;

/// <summary>How much of what a session owns a beat has looked at. The lease is extended in any case.</summary>
public enum BeatLook
{
    /// <summary>Everything.</summary>
    Everything,

    /// <summary>The executions that the beat was told of; what else the session owns is not known.</summary>
    Running,

    /// <summary>None of it, since that would have taken too long.</summary>
    Nothing,
}
