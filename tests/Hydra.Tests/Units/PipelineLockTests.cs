using System.Collections.Concurrent;
using System.Diagnostics;
using Hydra.Engine;
using Hydra.Engine.Pipeline;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Units;

/// <summary>Who waits, and for how long, while a stranger's transaction holds an execution's row or a key.</summary>
public sealed class PipelineLockTests : IAsyncDisposable
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // Of real time: a hang fails the test.
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(1);
    private static readonly SessionId Session = new(1);

    private readonly TimerLog _time = new(World.Start);
    private readonly ScriptedStore _store = new();
    private readonly LogBook _book = new();
    private readonly PoolRuntime _runtime;
    private readonly PipelineWriter _writer;
    private readonly ConcurrentDictionary<LockSubject, bool> _held = new();
    private readonly ConcurrentQueue<string> _committed = new();
    private int _waiting;

    public PipelineLockTests()
    {
        _runtime = new PoolRuntime(_time);
        _writer = new PipelineWriter(_store, _runtime, new StoreClock(_time), new EngineLog(_book), new ApartRoom());
        _store.Answer = batch =>
        {
            if (batch.Operations.Any(IsHeld))
            {
                throw new StoreException(StoreErrorKind.RolledBack, "Somebody holds a lock.") { Blocked = true };
            }

            foreach (var operation in batch.Operations.OfType<AdvanceOperation>())
            {
                _committed.Enqueue($"{operation.Id} {operation.Epoch}");
            }
        };
    }

    public async ValueTask DisposeAsync()
    {
        _held.Clear();
        _store.Wait = _ => Task.CompletedTask;
        _store.Open();
        await _time.PassUntil(_writer.StopAsync(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_lock_on_one_execution_holds_up_no_other_and_what_comes_later_for_it_keeps_its_order()
    {
        Hold(Id(7));
        var held = new List<RecordedOperation> { Submit(Advance(7, 1)), Submit(Advance(7, 2)) };
        var others = Enumerable.Range(20, 50).Select(number => Submit(Advance(number, 1))).ToList();
        _store.Wait = _ =>
        {
            if (held.Count == 2)
            {
                held.Add(Submit(Advance(7, 3))); // Into the queue, while the batch is under way.
            }

            return Task.CompletedTask;
        };
        _store.Open();

        await _time.PassUntil(AllEnd(others));
        held.Add(Submit(Advance(7, 4)));
        await _time.PassUntil(AllEnd([Submit(Advance(20, 2)), Submit(Advance(71, 1))]));

        await _time.PassUntil(UntilAsync(() =>
            _book.ToString().Contains($"13: What is written for execution {Id(7)} waits for a lock", Ordinal)));

        Assert.DoesNotContain(held, one => one.Ended.IsCompleted);
        _held.Clear();
        await _time.PassUntil(AllEnd(held));
        Assert.Equal(
            Enumerable.Range(1, 4).Select(number => $"{Id(7)} {number}"),
            _committed.Where(line => line.StartsWith($"{Id(7)} ", Ordinal)));
        Assert.All(held.Concat(others), one => Assert.Null(one.Error));
    }

    [Fact]
    public async Task Starts_with_a_held_key_are_tried_together_and_end_with_the_patience_of_who_stops()
    {
        Hold("held");
        _store.Wait = LockWaitAsync;
        var starts = Enumerable.Range(1, 400).Select(number => Submit(Start(number, "held"))).ToList();
        _store.Open();

        var stopped = _writer.StopAsync(TimeSpan.FromSeconds(5));
        await _time.PassUntil(stopped);
        await AllEnd(starts); // The last ones hear of it when nothing is left to be written.

        Assert.InRange(_time.GetUtcNow() - World.Start, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20));
        Assert.All(starts, start => Assert.Equal((StoreErrorKind.RolledBack, true), Told(start)));
    }

    [Fact]
    public async Task Many_held_keys_make_nobody_wait_beyond_the_patience_of_who_stops()
    {
        _store.Wait = LockWaitAsync;
        var starts = Enumerable.Range(1, 400).Select(number => Submit(Start(number, Hold($"held-{number}")))).ToList();
        _store.Open();

        await _time.PassUntil(_writer.StopAsync(TimeSpan.FromSeconds(5)));
        await AllEnd(starts); // The last ones hear of it when nothing is left to be written.

        Assert.InRange(_time.GetUtcNow() - World.Start, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
        Assert.All(starts, start => Assert.Equal((StoreErrorKind.RolledBack, true), Told(start)));
    }

    [Fact]
    public async Task A_free_key_finds_room_however_many_are_held()
    {
        var all = Enumerable.Range(1, 100).Select(number => Submit(Start(number, Hold($"held-{number}")))).ToList();
        _store.Open();
        await _time.PassUntil(UntilAsync(() => _book.Lines.Count(line => line.Contains(" 13:", Ordinal)) == 100));
        var never = new TaskCompletionSource();
        _store.Wait = batch =>
        {
            Interlocked.Increment(ref _waiting);
            return batch.Operations.Any(IsHeld) ? never.Task : Task.CompletedTask;
        };
        await _time.PassUntil(UntilAsync(() => Volatile.Read(ref _waiting) == 4));
        _store.Wait = batch => batch.Operations is [var one] && IsHeld(one) ? never.Task : Task.CompletedTask;

        var batch = new[] { Submit(Start(300, Hold("held too"))), Submit(Start(301, "free")), Submit(Advance(302, 1)) };
        await _time.PassUntil(AllEnd(batch[1..]));

        Assert.DoesNotContain(all, one => one.Ended.IsCompleted);
        _held.Clear();
        never.SetResult();
        await _time.PassUntil(AllEnd(all));
    }

    [Fact]
    public async Task A_batch_in_doubt_that_is_behind_a_lock_goes_on_in_parts_and_stays_in_doubt()
    {
        var tries = 0;
        Hold(Id(1));
        Hold("held");
        var answer = _store.Answer;
        _store.Answer = batch =>
        {
            if (++tries == 1)
            {
                throw new StoreException(StoreErrorKind.InDoubt, "Cut.");
            }

            answer(batch);
        };
        var patience = TimeSpan.FromMinutes(5); // A second passes at each try, also while the test looks on.
        var waiting = new[] { Submit(Advance(1, 1, patience)), Submit(Start(2, "held", patience)) };
        var free = new[] { Submit(Advance(3, 1)), Submit(Start(4, "free")) };
        _store.Open();

        await _time.PassUntil(AllEnd(free));
        Assert.DoesNotContain(waiting, one => one.Ended.IsCompleted);
        await _time.PassUntil(AllEnd(waiting));

        Assert.All(free, one => Assert.Null(one.Error));
        Assert.All(waiting, one => Assert.Equal(StoreErrorKind.InDoubt, one.Error!.Kind));
    }

    [Fact]
    public async Task What_is_divided_because_it_is_refused_stays_in_doubt()
    {
        var tries = 0;
        _store.Answer = batch => throw new StoreException(
            ++tries switch
            {
                1 => StoreErrorKind.InDoubt,
                2 => StoreErrorKind.Deterministic,
                _ => StoreErrorKind.RolledBack,
            },
            "No.");
        var both = new[]
        {
            Submit(Advance(1, 1, TimeSpan.FromSeconds(9))), Submit(Advance(2, 1, TimeSpan.FromSeconds(9))),
        };
        _store.Open();

        await _time.PassUntil(AllEnd(both));

        Assert.All(both, one => Assert.Equal(StoreErrorKind.InDoubt, one.Error!.Kind));
    }

    [Fact]
    public async Task What_is_sent_one_by_one_stays_in_order_when_the_first_is_behind_a_lock()
    {
        var answer = _store.Answer;
        _store.Answer = batch =>
        {
            if (batch.Operations.Count > 1 && !batch.Operations.Any(operation => operation.Id == Id(2)))
            {
                throw new StoreException(StoreErrorKind.Deterministic, "Not both.");
            }

            answer(batch);
        };
        Hold(Id(1));
        var all = new List<RecordedOperation>
        {
            Submit(Advance(1, 1)), Submit(Advance(1, 2)), Submit(Advance(1, 3)),
        };
        _store.Wait = _ =>
        {
            if (all.Count == 3)
            {
                all.Add(Submit(Advance(1, 4))); // Into the queue, while those before it are being divided.
            }

            return Task.CompletedTask;
        };
        _store.Open();
        await _time.PassUntil(UntilAsync(() => _book.ToString().Contains(" 13:", Ordinal)));
        await _time.PassUntil(AllEnd([Submit(Advance(2, 1))]));

        _held.Clear();
        await _time.PassUntil(AllEnd(all));

        Assert.Equal(
            ["1", "2", "3", "4"],
            _committed.Where(line => line.StartsWith($"{Id(1)} ", Ordinal)).Select(line => line[^1..]));
    }

    [Fact]
    public async Task What_is_refused_once_its_lock_is_gone_is_divided_until_the_bad_operation_stands_alone()
    {
        Hold(Id(1));
        var answer = _store.Answer;
        _store.Answer = batch =>
        {
            if (_held.IsEmpty && batch.Operations.Any(static operation => operation is AdvanceOperation { Epoch: 2 }))
            {
                throw new StoreException(StoreErrorKind.Deterministic, "Never.");
            }

            answer(batch);
        };
        var (good, bad) = (Submit(Advance(1, 1)), Submit(Advance(1, 2)));
        _store.Open();
        await _time.PassUntil(UntilAsync(() => _book.ToString().Contains(" 13:", Ordinal)));

        _held.Clear();
        await _time.PassUntil(AllEnd([good, bad]));

        Assert.Null(good.Error);
        Assert.Equal(StoreErrorKind.Deterministic, bad.Error!.Kind);
        Assert.Equal([$"{Id(1)} 1"], _committed);
    }

    [Fact]
    public async Task What_is_behind_an_operation_whose_patience_ends_goes_on_once_the_lock_is_gone()
    {
        Hold(Id(1));
        var first = Submit(Advance(1, 1, TimeSpan.FromMinutes(2))); // It passes soon: a second at each try.
        _store.Open();
        await _time.PassUntil(UntilAsync(() => _book.ToString().Contains(" 13:", Ordinal)));
        var second = Submit(Advance(1, 2));
        await _time.PassUntil(AllEnd([first]));

        _held.Clear();
        await _time.PassUntil(AllEnd([second]));

        Assert.Equal((StoreErrorKind.RolledBack, true), Told(first));
        Assert.Null(second.Error);
    }

    [Fact]
    public async Task Who_waits_behind_what_is_held_hears_of_the_lock_when_its_own_patience_ends()
    {
        Hold(Id(1));
        var first = Submit(Advance(1, 1));
        _store.Open();
        await _time.PassUntil(UntilAsync(() => _book.ToString().Contains(" 13:", Ordinal)));
        var dropped = Submit(Advance(1, 2));
        dropped.Withdraw();
        var behind = Submit(Advance(1, 3, TimeSpan.FromSeconds(5)));

        await _time.PassUntil(AllEnd([behind]));

        Assert.Equal((StoreErrorKind.NotSent, true), Told(behind));
        Assert.False(first.Ended.IsCompleted);
        _held.Clear();
        await _time.PassUntil(AllEnd([first]));
        Assert.Equal([$"{Id(1)} 1"], _committed);
    }

    [Fact]
    public async Task What_is_held_is_tried_again_after_growing_delays_of_at_most_a_second()
    {
        Hold(Id(1));
        var held = Submit(Advance(1, 1));
        _store.Open();

        await _time.PassUntil(UntilAsync(() => _time.Waits.Count >= 12));

        Assert.False(held.Ended.IsCompleted);
        Assert.All(_time.Waits.Take(12).Select(static wait => wait.TotalMilliseconds), static (wait, number) =>
        {
            var longest = Math.Min(1_000, 5 * Math.Pow(2, number));
            Assert.InRange(wait, Math.Floor(longest / 2), longest);
        });
    }

    [Fact]
    public async Task Starts_with_a_held_key_that_came_apart_before_all_go_on_once_it_is_free()
    {
        var answer = _store.Answer;
        _store.Answer = batch =>
        {
            if (batch.Operations.Any(static operation => operation.Id == Id(9)))
            {
                throw new StoreException(StoreErrorKind.Deterministic, "Never.");
            }

            answer(batch);
        };
        Hold("held");
        var first = Submit(Start(1, "held"));
        var between = Submit(Advance(20, 1));
        var second = Submit(Start(2, "held")); // In the other half.
        var bad = Submit(Advance(9, 1));
        _store.Open();
        await _time.PassUntil(AllEnd([between, bad]));

        _held.Clear();
        await _time.PassUntil(AllEnd([first, second]));

        Assert.All(new[] { first, between, second }, static one => Assert.Null(one.Error));
        Assert.Equal(StoreErrorKind.Deterministic, bad.Error!.Kind);
    }

    [Fact]
    public async Task What_nobody_wants_any_more_keeps_a_lock_from_nobody()
    {
        Hold(Id(1));
        var dropped = new[] { Submit(Advance(1, 1)), Submit(Advance(1, 2)) };
        _store.Open();
        await _time.PassUntil(UntilAsync(() => _book.ToString().Contains(" 13:", Ordinal)));
        Array.ForEach(dropped, one => one.Withdraw());
        var next = Submit(Advance(1, 3));
        await _time.PassUntil(UntilAsync(() => _store.Batches[^1].Operations is [AdvanceOperation { Epoch: 3 }]));

        _held.Clear();
        await _time.PassUntil(AllEnd([next]));

        Assert.Equal([$"{Id(1)} 3"], _committed);
    }

    private static ExecutionId Id(int number) => ExecutionId.Create(number + 1, 1, 0);

    private static Task AllEnd(IEnumerable<RecordedOperation> operations) =>
        Task.WhenAll(operations.Select(one => one.Ended)).WaitAsync(Patience);

    private static (StoreErrorKind Kind, bool Blocked) Told(RecordedOperation operation) =>
        (operation.Error!.Kind, operation.Error.Blocked);

    private static async Task UntilAsync(Func<bool> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(watch.Elapsed < Patience);
            await Task.Yield();
        }
    }

    private bool IsHeld(StoreOperation operation) => _held.ContainsKey(LockSubject.Of(operation));

    private void Hold(ExecutionId id) => _held[new LockSubject(id, Key: null)] = true;

    private string Hold(string key)
    {
        _held[new LockSubject(default, key)] = true;
        return key;
    }

    /// <summary>The database waits for the lock before it gives up.</summary>
    private Task LockWaitAsync(CommitBatch batch) =>
        batch.Operations.Any(IsHeld) ? Task.Delay(LockTimeout, _time) : Task.CompletedTask;

    private RecordedOperation Advance(int number, long epoch, TimeSpan? patience = null) =>
        new(new AdvanceOperation { Id = Id(number), Epoch = epoch }) { Patience = Until(patience) };

    private RecordedOperation Start(int number, string key, TimeSpan? patience = null) =>
        new(RecordedOperation.Start(Id(number), key)) { Patience = Until(patience) };

    private long? Until(TimeSpan? patience) => patience is { } span
        ? _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency)
        : null;

    private RecordedOperation Submit(RecordedOperation pending)
    {
        _writer.Submit(pending, pending.Operation is StartOperation ? default : Session);
        return pending;
    }
}
