namespace Hydra.Storage;

/// <summary>A crash of the process that owned an execution.</summary>
/// <param name="Epoch">The epoch that ended with it.</param>
/// <param name="Session">The session that died.</param>
/// <param name="Worker">The configured name of its worker; empty when it is no longer known.</param>
/// <param name="At">When it was noticed.</param>
public sealed record CrashRow(long Epoch, SessionId Session, string Worker, Instant At);
