using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>Makes what all activations of a session share.</summary>
/// <param name="session">The session.</param>
/// <param name="lease">How long it owns its executions.</param>
/// <param name="ended">Told of each activation that has ended, and when it is due again.</param>
/// <param name="readAnew">Told of each that has ended because another journal is stored than it ran over.</param>
internal delegate ActivationServices ShareServices(
    SessionId session,
    Lease lease,
    Action<Activation, Instant?> ended,
    Action<Activation, StoreException> readAnew);
