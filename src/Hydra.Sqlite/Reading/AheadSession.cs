namespace Hydra.Sqlite.Reading;

/// <summary>A session that has beaten later than this process thinks it is.</summary>
internal readonly record struct AheadSession(string Namespace, long Id, Instant LastBeatAt, TimeSpan HeartbeatInterval);
