using Hydra.Storage;

namespace Hydra.Cli.Commands;

/// <summary>Whether a worker still has its lease, by this machine's clock: good enough to inform people.</summary>
internal static class Liveness
{
    public static bool IsLive(SessionRow session) => session.ExpiresAt > Instant.From(TimeProvider.System.GetUtcNow());
}
