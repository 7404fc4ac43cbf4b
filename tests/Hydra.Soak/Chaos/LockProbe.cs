using System.Diagnostics;
using System.Globalization;

namespace Hydra.Soak.Chaos;

/// <summary>Finds the times in which a stopped process held SQLite's write lock, so that nobody could write.</summary>
/// <remarks>
/// It asks the kernel who holds byte 120 of the -shm file, which is the write lock of SQLite's WAL format
/// (https://sqlite.org/walformat.html, 2.3.1), and takes no lock itself. Live writers who wait for each other count for
/// nothing.
/// </remarks>
internal sealed class LockProbe(Func<IReadOnlyCollection<int>> stoppedProcesses) : IOutages
{
    private const string Locks = "/proc/locks";
    private const long WriteLock = 120;

    private readonly List<(long From, long To)> _held = [];

    public async Task RunAsync(CancellationToken stopping)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            var heldSince = Stopwatch.GetTimestamp();
            while (await pace.WaitForNextTickAsync(stopping))
            {
                var now = Stopwatch.GetTimestamp();
                if (IsHeld())
                {
                    lock (_held)
                    {
                        _held.Add((heldSince, now));
                    }
                }

                heldSince = now;
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>How much of a time the lock was held for.</summary>
    public TimeSpan Excused(long from, long to)
    {
        lock (_held)
        {
            return _held.Aggregate(TimeSpan.Zero, (sum, held) =>
                held.To <= from || held.From >= to
                    ? sum
                    : sum + Stopwatch.GetElapsedTime(Math.Max(held.From, from), Math.Min(held.To, to)));
        }
    }

    /// <inheritdoc/>
    public bool MayUndo(long from, long to) => false;

    /// <inheritdoc/>
    public string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"write lock held by stopped processes for {Excused(0, long.MaxValue).TotalSeconds:0.00} s");

    private bool IsHeld()
    {
        var stopped = stoppedProcesses();
        return stopped.Count > 0 && File.Exists(Locks) && File.ReadLines(Locks).Any(line => IsHeld(line, stopped));
    }

    /// <remarks>
    /// A line reads "1: POSIX ADVISORY WRITE 4711 fe:00:1234 120 120"; those who wait have "->" in it.
    /// </remarks>
    private static bool IsHeld(string line, IReadOnlyCollection<int> stopped) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            is [_, "POSIX", _, "WRITE", var owner, _, var from, var to]
        && stopped.Contains(int.Parse(owner, CultureInfo.InvariantCulture))
        && long.Parse(from, CultureInfo.InvariantCulture) <= WriteLock
        && long.TryParse(to, CultureInfo.InvariantCulture, out var last) && last >= WriteLock;
}
