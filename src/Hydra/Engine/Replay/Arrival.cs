using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <summary>
/// An outcome that waits outside the loop to be delivered: of a call, or an end of the execution without one.
/// </summary>
internal readonly record struct Arrival(
    EntryKind Kind, Call? Call = null, Payload Output = default, bool Failed = false, int Attempt = 0,
    Instant StartedAt = default);
