using Hydra.Engine;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

internal static class Refusals
{
    /// <summary>Whether a build has given up because of what the database would not do.</summary>
    public static bool IsByStore(this RefusalRow refusal)
    {
        var failure = EngineJson.ReadFailure(refusal.Difference);
        return failure.Type == typeof(StoreException).FullName
            || failure.Inner is [{ Type: var cause }, ..] && cause == typeof(StoreException).FullName;
    }
}
