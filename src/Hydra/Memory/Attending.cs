using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Opens, extends and closes the sessions of workers.</summary>
internal static class Attending
{
    public static Instant Open(NamespaceTables tables, SessionRow session, Instant now)
    {
        StoreRules.Validate(session);
        tables.Sessions[session.Id.Value] = session with
        {
            HeartbeatInterval = Committing.ToMicroseconds(session.HeartbeatInterval),
            ClaimTimeout = Committing.ToMicroseconds(session.ClaimTimeout),
            Workflows = [.. session.Workflows],
            StartedAt = now,
            LastBeatAt = now,
            OnTimeSince = now,
            ExpiresAt = now.Plus(session.ClaimTimeout),
        };
        return now;
    }

    public static HeartbeatAnswer Beat(NamespaceTables tables, SessionId session, Instant now)
    {
        if (!tables.Sessions.TryGetValue(session.Value, out var row))
        {
            return new HeartbeatAnswer(now, Lost: true, []);
        }

        var gap = now.Since(row.LastBeatAt);
        var late = gap < TimeSpan.Zero || gap > row.ClaimTimeout / 2;
        tables.Sessions[session.Value] = row with
        {
            LastBeatAt = now,
            OnTimeSince = late ? now : row.OnTimeSince,
            ExpiresAt = now.Plus(row.ClaimTimeout),
        };
        var owned = tables.OwnedBy(session).ConvertAll(static execution => new OwnedExecution(
            execution.Id, execution.Row.Epoch, execution.Row.Mail, execution.Row.Requests));
        return new HeartbeatAnswer(now, Lost: false, owned);
    }

    public static Instant Close(NamespaceTables tables, SessionId session, Instant now)
    {
        foreach (var execution in tables.OwnedBy(session))
        {
            Settling.HandBack(tables, execution, now);
        }

        tables.Sessions.Remove(session.Value);
        return now;
    }
}
