using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Hydra.Soak.Chaos;

/// <summary>Finds the times in which a stopped process held SQLite's write lock, so that nobody could write.</summary>
/// <remarks>
/// It tries to take the lock itself. What a crowd of live writers does to it counts as nothing: only a wait that is
/// longer than any of theirs does, and only while a process is stopped.
/// </remarks>
internal sealed class LockProbe(string database, Func<bool> anyStopped)
{
    private const int PatienceMillis = 400;

    private readonly List<(long From, long To)> _held = [];

    public async Task RunAsync(CancellationToken stopping)
    {
        await using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        await connection.OpenAsync(stopping);
        _ = raw.sqlite3_busy_timeout(connection.Handle, PatienceMillis);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await NextAsync(pace, stopping))
        {
            // The driver's own command would wait and try again for as long as its timeout; this answers at once.
            var stoppedBefore = anyStopped();
            var from = Stopwatch.GetTimestamp();
            var held = raw.sqlite3_exec(connection.Handle, "BEGIN IMMEDIATE") == raw.SQLITE_BUSY;
            if (!held)
            {
                _ = raw.sqlite3_exec(connection.Handle, "ROLLBACK");
            }
            else if (stoppedBefore)
            {
                lock (_held)
                {
                    _held.Add((from, Stopwatch.GetTimestamp()));
                }
            }
        }
    }

    /// <summary>How much of a time the lock was held for.</summary>
    public TimeSpan HeldWithin(long from, long to)
    {
        lock (_held)
        {
            return _held.Aggregate(TimeSpan.Zero, (sum, held) =>
                held.To <= from || held.From >= to
                    ? sum
                    : sum + Stopwatch.GetElapsedTime(Math.Max(held.From, from), Math.Min(held.To, to)));
        }
    }

    public TimeSpan Total => HeldWithin(0, long.MaxValue);

    private static async Task<bool> NextAsync(PeriodicTimer pace, CancellationToken stopping)
    {
        try
        {
            return await pace.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
