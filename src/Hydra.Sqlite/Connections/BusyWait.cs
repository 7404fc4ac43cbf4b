using System.Diagnostics;

namespace Hydra.Sqlite.Connections;

/// <summary>Waits for a lock that another connection holds, in short steps.</summary>
/// <remarks>
/// A transaction mostly takes less than a millisecond, so the first tries follow each other closely; then a millisecond
/// is slept between two of them, which is as short as the runtime sleeps.
/// The clock is the machine's, whatever time the store is told, because the lock is held by the real world.
/// </remarks>
internal readonly struct BusyWait(TimeSpan limit)
{
    private static readonly TimeSpan Yielding = TimeSpan.FromMicroseconds(300);

    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Sleeps for as long as a waiter sleeps between two tries.</summary>
    public static void Pause() => Thread.Sleep(1);

    /// <summary>Waits a little.</summary>
    /// <returns>Whether to try again; false once the limit is reached.</returns>
    public bool Next()
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        if (elapsed < Yielding)
        {
            Thread.SpinWait(Random.Shared.Next(20, 200)); // Uneven, so that two waiters fall out of step.
            Thread.Yield();
        }
        else
        {
            Pause();
        }

        return elapsed < limit;
    }
}
