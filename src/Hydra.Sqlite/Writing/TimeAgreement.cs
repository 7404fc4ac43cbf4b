using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Writing;

/// <summary>Agrees with the processes that live on what time it is, before this one tells any.</summary>
/// <remarks>
/// A beat that lies ahead of this process's clock is of a worker that lived before the host's clock was set back. If it
/// still lives it beats again, and its time is taken over. What does not beat for two of its intervals is dead: a clock
/// that once was wrong must not make due what sleeps, and its lease runs from now, as if it had beaten last.
/// </remarks>
internal sealed class TimeAgreement(
    StoreClock clock, TimeProvider time, ReaderPool<ReadStatements> readers, WriterThread writer)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Less than this is no matter: leases have more slack.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    /// <summary>Returns at once unless the clock was set back; then it takes up to two heartbeats.</summary>
    /// <exception cref="StoreException">The database cannot be read or written.</exception>
    public async Task ReachAsync(CancellationToken cancellationToken)
    {
        var ahead = await ReadAsync(cancellationToken);
        if (ahead.Count == 0)
        {
            return;
        }

        var seen = ahead.ToDictionary(static session => (session.Namespace, session.Id));
        var patience = ahead.Max(static session => session.HeartbeatInterval) * 2;
        for (var begun = time.GetTimestamp(); ahead.Count > 0 && time.GetElapsedTime(begun) < patience;)
        {
            await Task.Delay(Pause, time, cancellationToken);
            foreach (var session in await ReadAsync(cancellationToken))
            {
                var before = seen.GetValueOrDefault((session.Namespace, session.Id)).LastBeatAt;
                if (session.LastBeatAt > before) // It has beaten, or come, meanwhile.
                {
                    clock.NoEarlierThan(session.LastBeatAt);
                }
            }

            ahead = await ReadAsync(cancellationToken);
        }

        if (ahead.Count > 0)
        {
            await writer.RunAsync(
                transitions => transitions.Sessions.BringBack(ahead), urgent: false, cancellationToken);
        }
    }

    private Task<List<AheadSession>> ReadAsync(CancellationToken cancellationToken) => Task.Run(
        () => readers.Read(reader => Rows.All(
            reader.ReadAhead.Bind(1, clock.Now().Plus(Tolerance).Micros),
            static row => new AheadSession(
                row.Text(0), row.Number(1), row.Instant(2), TimeSpan.FromMicroseconds(row.Number(3))))),
        cancellationToken);
}
