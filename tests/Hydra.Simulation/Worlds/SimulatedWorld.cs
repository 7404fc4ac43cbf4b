using System.Runtime.CompilerServices;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// One thread, virtual time, one queue: everything that happens, happens in an order that the seed decides.
/// </summary>
/// <remarks>
/// The queue is ordered by time and, within one moment, by chance: what may run in either order does, for some seed.
/// The hash over everything that was run tells whether two runs of a seed were the same.
/// </remarks>
internal sealed class SimulatedWorld
{
    private const int MostAtOneMoment = 1_000_000; // Far more than any world needs.

    private static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Work, When> _queue = new();
    private readonly List<string> _lines = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly bool _traced;
    private long _sequence;
    private int _atThisMoment;
    private ulong _hash = 14695981039346656037;

    public SimulatedWorld(ulong seed, bool traced = false)
    {
        Seed = seed;
        Chance = new Chance(seed);
        _traced = traced;
    }

    public ulong Seed { get; }

    public Chance Chance { get; }

    /// <summary>Ticks of virtual time since the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>The time by the database's clock, the one true clock of a world.</summary>
    public DateTimeOffset UtcNow => Beginning.AddTicks(Now);

    /// <summary>Counts what happens, so that logs can be put in order.</summary>
    public long Order { get; private set; }

    public ulong Hash => _hash;

    public bool IsTraced => _traced;

    /// <summary>The first thing that went wrong.</summary>
    public string? Violation { get; private set; }

    /// <summary>Everything that happened, if the world is traced.</summary>
    public IReadOnlyList<string> Lines => _lines;

    public void Schedule(TimeSpan delay, SimulatedProcess? process, SendOrPostCallback callback, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Fail("Work was posted from a thread that is not the world's.");
            return;
        }

        var at = Now + Math.Max(0, delay.Ticks);
        _queue.Enqueue(new Work(process, callback, state), new When(at, Chance.Next(), _sequence++));
    }

    public void Schedule(TimeSpan delay, Action action) =>
        Schedule(delay, null, static state => ((Action)state!)(), action);

    /// <summary>Puts work back that waited for its process to go on.</summary>
    public void Reschedule(Work work) => Schedule(TimeSpan.Zero, work.Process, work.Callback, work.State);

    /// <summary>Runs until a condition holds; false if a violation, the last work or a time comes first.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        while (Violation is null)
        {
            if (condition())
            {
                return true;
            }

            if (!_queue.TryPeek(out _, out var when) || when.At > limit.Ticks)
            {
                return false;
            }

            var work = _queue.Dequeue();
            _atThisMoment = when.At == Now ? _atThisMoment + 1 : 0;
            if (_atThisMoment > MostAtOneMoment)
            {
                Fail("Something goes round and round, and time stands still.");
                return false;
            }

            Now = when.At;
            Order++;
            Mix((ulong)when.At);
            Mix((ulong)(work.Process?.Number ?? 0));
            Run(work);
        }

        return false;
    }

    /// <summary>Records the first violation and ends the run.</summary>
    public void Fail(string violation)
    {
        if (Violation is null)
        {
            Violation = violation;
            Trace("VIOLATION", violation);
        }
    }

    /// <summary>A new number in the order of all that happens.</summary>
    public long NextOrder() => ++Order;

    public void Mix(ulong value) => _hash = (ulong.RotateLeft(_hash, 23) ^ value) * 1099511628211;

    public void Trace(string who, string what)
    {
        if (!_traced)
        {
            return;
        }

        var at = TimeSpan.FromTicks(Now);
        _lines.Add($"{at.TotalSeconds,12:0.000000} {who,-8} {what}");
    }

    public void Trace(string who, [InterpolatedStringHandlerArgument("")] ref WantedText what)
    {
        if (_traced)
        {
            Trace(who, what.Take());
        }
    }

    private void Run(Work work)
    {
        try
        {
            if (work.Process is { } process)
            {
                process.Run(work);
            }
            else
            {
                work.Callback(work.State);
            }
        }
        catch (Exception e) // Nothing may escape from a piece of work: on a pool it would end the real process.
        {
            Fail($"An exception escaped: {e}");
        }
    }
}
