using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>An endless, ordered set of instants.</summary>
internal interface IInstants
{
    /// <summary>The first one after an instant; null when none comes any more.</summary>
    Instant? After(Instant instant);
}
