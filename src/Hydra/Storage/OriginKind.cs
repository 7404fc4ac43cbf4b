namespace Hydra.Storage;

/// <summary>What an execution came from.</summary>
public enum OriginKind
{
    /// <summary>A schedule has started it.</summary>
    Schedule = 1,

    /// <summary>It runs the recorded input of another execution again.</summary>
    Rerun = 2,

    /// <summary>It goes on from a step of another execution.</summary>
    Fork = 3,
}
