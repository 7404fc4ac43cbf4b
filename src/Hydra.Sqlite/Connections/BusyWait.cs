using System.Diagnostics;

namespace Hydra.Sqlite.Connections;

/// <summary>Waits for a lock that another connection holds, in short and uneven steps.</summary>
/// <remarks>
/// SQLite has no queue of waiters: whoever asks at the right moment gets the lock. Steps that begin far below a
/// millisecond and stay short give every process its turn; the chance in them keeps processes out of step.
/// The clock is the machine's, whatever time the store is told, because the lock is held by the real world.
/// </remarks>
internal struct BusyWait(TimeSpan limit)
{
    private const int MaxMillis = 4;
    private static readonly TimeSpan Yielding = TimeSpan.FromMicroseconds(300);

    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Waits a little.</summary>
    /// <returns>Whether to try again; false once the limit is reached.</returns>
    public readonly bool Next()
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        if (elapsed >= limit)
        {
            return false;
        }

        if (elapsed < Yielding)
        {
            Thread.SpinWait(Random.Shared.Next(20, 200));
            Thread.Yield();
        }
        else
        {
            Thread.Sleep(Random.Shared.Next(1, MaxMillis + 1));
        }

        return true;
    }
}
