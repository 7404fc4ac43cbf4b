using System.Collections.Concurrent;
using System.Diagnostics;
using Hydra.Engine;
using Hydra.Engine.Pipeline;
using Hydra.Storage;
using Hydra.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Units;

/// <summary>
/// How long what has become free waits behind what is still held, and what the tries cost, on a clock that moves only
/// while the writers rest.
/// </summary>
public sealed class PipelineLineTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // Of real time: a hang fails the test.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _clock = new(World.Start);
    private readonly Pulse _pulse = new();
    private readonly ScriptedStore _store = new();
    private readonly LogBook _book = new();
    private readonly ApartRoom _room = new();
    private readonly List<PipelineWriter> _writers = [];
    private readonly ConcurrentDictionary<int, bool> _held = new();
    private readonly ConcurrentDictionary<int, int> _tries = new();
    private int _waiting;
    private int _mostWaiting;

    public PipelineLineTests()
    {
        AddWriter();
        _store.Open();
        _store.Wait = async batch =>
        {
            foreach (var operation in batch.Operations)
            {
                _tries.AddOrUpdate(Number(operation), 1, static (_, count) => count + 1);
            }

            if (!batch.Operations.Any(IsHeld))
            {
                return;
            }

            _mostWaiting = Math.Max(Interlocked.Increment(ref _waiting), _mostWaiting);
            await Task.Delay(batch.LockWait < LockTimeout ? batch.LockWait : LockTimeout, _clock);
            Interlocked.Decrement(ref _waiting);
        };
        _store.Answer = batch =>
        {
            if (batch.Operations.Any(IsHeld))
            {
                throw new StoreException(StoreErrorKind.RolledBack, "Somebody holds a lock.") { Blocked = true };
            }
        };
    }

    public async ValueTask DisposeAsync()
    {
        _held.Clear();
        await Until(Task.WhenAll(_writers.Select(writer => writer.StopAsync(TimeSpan.Zero))));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(60)]
    [InlineData(1_000)]
    public async Task Who_becomes_free_goes_on_within_seconds_however_many_others_are_held(int others)
    {
        var all = SubmitHeld(0, others + 1);
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.All(all, one => Assert.False(one.Ended.IsCompleted));

        _held.Clear();
        Enumerable.Range(1, others).ToList().ForEach(Hold);
        var freed = _clock.GetUtcNow();
        await Until(all[0].Ended);

        Assert.InRange(_clock.GetUtcNow() - freed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.All(all[1..], one => Assert.False(one.Ended.IsCompleted));
    }

    [Fact]
    public async Task A_few_that_are_held_wait_in_the_database_instead_of_asking_all_the_time()
    {
        SubmitHeld(0, 4);

        await PassAsync(TimeSpan.FromSeconds(60));

        Assert.All(_tries.Values, count => Assert.InRange(count, 15, 32));
    }

    [Fact]
    public async Task Nobody_is_asked_for_more_often_than_twice_a_second_for_long()
    {
        SubmitHeld(0, 40);

        await PassAsync(TimeSpan.FromSeconds(60));

        Assert.All(_tries.Values, count => Assert.InRange(count, 15, 80));
    }

    [Fact]
    public async Task What_a_lock_on_all_of_the_table_had_set_apart_is_through_in_few_commits()
    {
        var all = SubmitHeld(0, 3_000);
        await PassAsync(TimeSpan.FromSeconds(20));
        var before = _store.Batches.Count;

        _held.Clear();
        var freed = _clock.GetUtcNow();
        await Until(AllEnd(all));

        Assert.InRange(_clock.GetUtcNow() - freed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.InRange(_store.Batches.Count - before, 1, 300);
    }

    [Fact]
    public async Task A_few_that_are_held_among_many_keep_nobody_who_is_not_for_longer_than_the_first_batch()
    {
        foreach (var number in new[] { 100, 101, 500, 998 })
        {
            Hold(number);
        }

        var all = Submit(0, 1_000);
        await PassAsync(TimeSpan.FromSeconds(8));

        Assert.Equal(
            [100, 101, 500, 998],
            all.Where(one => !one.Ended.IsCompleted).Select(one => Number(one.Operation)));
        Assert.InRange(_store.Batches.Count, 1, 150);
    }

    [Fact]
    public async Task A_try_looks_after_the_patience_of_its_own_and_not_of_all()
    {
        var all = SubmitHeld(0, 800);

        await PassAsync(TimeSpan.FromSeconds(10));

        Assert.InRange(all.Sum(one => one.Looks) / _store.Batches.Count, 1, 10);
    }

    [Fact]
    public async Task Who_is_patient_for_a_while_waits_little_longer_for_a_held_key_whoever_else_does()
    {
        Enumerable.Range(0, 102).ToList().ForEach(Hold);
        var patience = _clock.GetTimestamp() + (10 * _clock.TimestampFrequency);
        Submit(0, 100);
        var first = Submit(3, 1, patience);
        var behind = Submit(101, 1, patience);

        await Until(AllEnd([.. first, .. behind]));

        Assert.InRange(_clock.GetUtcNow() - World.Start, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(14));
        Assert.All([.. first, .. behind], static one => Assert.True(one.Error!.Blocked));
        Assert.All(
            [.. first, .. behind],
            static one => Assert.True(one.Error!.Kind is StoreErrorKind.RolledBack or StoreErrorKind.NotSent));
    }

    [Fact]
    public async Task All_writers_of_a_process_share_eight_tries_and_have_their_turns()
    {
        Enumerable.Range(0, 4).ToList().ForEach(_ => AddWriter());
        for (var writer = 0; writer < 5; writer++)
        {
            SubmitHeld(writer * 100, writer == 0 ? 100 : 10, _writers[writer]);
        }

        await PassAsync(TimeSpan.FromSeconds(5));
        var first = Interlocked.Exchange(ref _mostWaiting, 0);
        _tries.Clear();
        await PassAsync(TimeSpan.FromSeconds(20));

        Assert.InRange(first, 5, 8 + 5); // Each writer may still be waiting for a batch that all of its own came in.
        Assert.InRange(_mostWaiting, 1, 8);
        Assert.All(_tries.Where(one => one.Key >= 100), one => Assert.InRange(one.Value, 6, 40));
        Assert.All(_tries.Where(one => one.Key < 100), one => Assert.InRange(one.Value, 3, 40));
        Assert.Equal(140, _tries.Count);
    }

    private static int Number(StoreOperation operation) => (int)((AdvanceOperation)operation).Epoch;

    private static Task AllEnd(IEnumerable<RecordedOperation> operations) =>
        Task.WhenAll(operations.Select(one => one.Ended));

    private void AddWriter() => _writers.Add(new PipelineWriter(
        _store,
        new VirtualRuntime(_clock, _pulse, new BodyGate()),
        new StoreClock(_clock),
        new EngineLog(_book),
        _room));

    private bool IsHeld(StoreOperation operation) => _held.ContainsKey(Number(operation));

    private void Hold(int number) => _held[number] = true;

    private List<RecordedOperation> SubmitHeld(int first, int count, PipelineWriter? writer = null)
    {
        Enumerable.Range(first, count).ToList().ForEach(Hold);
        return Submit(first, count, writer: writer);
    }

    private List<RecordedOperation> Submit(
        int first, int count, long? patience = null, PipelineWriter? writer = null)
    {
        var all = Enumerable.Range(first, count).Select(number => new RecordedOperation(
            new AdvanceOperation { Id = ExecutionId.Create(number >> 8, 1, (byte)number), Epoch = number })
        {
            Patience = patience,
        }).ToList();
        all.ForEach(one => (writer ?? _writers[0]).Submit(one, new SessionId(1)));
        return all;
    }

    private async Task PassAsync(TimeSpan span)
    {
        for (var end = _clock.GetUtcNow() + span; _clock.GetUtcNow() < end;)
        {
            await _pulse.RestAsync().WaitAsync(Patience);
            _clock.Advance(Tick);
        }
    }

    private async Task Until(Task task)
    {
        for (var watch = Stopwatch.StartNew(); !task.IsCompleted;)
        {
            Assert.True(watch.Elapsed < Patience);
            await _pulse.RestAsync().WaitAsync(Patience);
            if (!task.IsCompleted)
            {
                _clock.Advance(Tick);
            }
        }
    }
}
