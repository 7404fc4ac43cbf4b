using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Units;

/// <summary>A virtual clock that takes down for how long each timer was set.</summary>
internal sealed class TimerLog(DateTimeOffset start) : FakeTimeProvider(start)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1); // Of real time: a hang fails the test.

    private readonly Lock _lock = new();
    private readonly List<TimeSpan> _waits = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _passed;

    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_lock)
            {
                return [.. _waits];
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        lock (_lock)
        {
            _waits.Add(dueTime);
            _next.SetResult();
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return timer;
    }

    /// <summary>Moves the clock whenever a timer is set, until a task has ended.</summary>
    /// <param name="task">The task.</param>
    /// <param name="step">By how much, which is longer than any timer that matters; by default a second.</param>
    public async Task PassUntil(Task task, TimeSpan? step = null)
    {
        for (var watch = Stopwatch.StartNew(); !task.IsCompleted;)
        {
            Assert.True(watch.Elapsed < Patience);
            Task next;
            int left;
            lock (_lock)
            {
                (next, left) = (_next.Task, _waits.Count - _passed);
                _passed = _waits.Count;
            }

            if (left > 0)
            {
                Advance(step ?? TimeSpan.FromSeconds(1));
            }
            else
            {
                await Task.WhenAny(task, next).WaitAsync(Patience);
            }
        }

        await task; // Which may have ended because its patience did.
    }
}
