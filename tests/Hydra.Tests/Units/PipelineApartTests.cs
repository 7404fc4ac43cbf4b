using System.Collections.Concurrent;
using Hydra.Engine;
using Hydra.Engine.Pipeline;
using Hydra.Storage;
using Hydra.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Units;

/// <summary>
/// What is tried at once and what together while much is apart, try by try: each ends when the test lets it.
/// </summary>
public sealed class PipelineApartTests : IAsyncDisposable
{
    private const StringComparison Ordinal = StringComparison.Ordinal;
    private const int Places = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // Of real time: a hang fails the test.

    private readonly FakeTimeProvider _clock = new(World.Start);
    private readonly Pulse _pulse = new();
    private readonly ScriptedStore _store = new();
    private readonly LogBook _book = new();
    private readonly ApartRoom _room = new();
    private readonly List<PipelineWriter> _writers = [];
    private readonly ConcurrentDictionary<int, bool> _held = new();
    private readonly ConcurrentQueue<string> _committed = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, (string Name, TaskCompletionSource End)> _tries = []; // Under the lock.
    private StoreErrorKind? _error; // What the next commit fails with.
    private Action? _meanwhile; // While the first batch is under way.

    public PipelineApartTests()
    {
        AddWriter();
        _store.Wait = batch =>
        {
            if (batch.LockWait == TimeSpan.MaxValue)
            {
                return Task.CompletedTask; // On the common way.
            }

            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                _tries.Add(Number(batch.Operations[0]), (string.Join(' ', batch.Operations.Select(Number)), end));
            }

            return end.Task;
        };
        _store.Answer = batch =>
        {
            Interlocked.Exchange(ref _meanwhile, null)?.Invoke();
            if (_error is { } kind)
            {
                _error = null;
                throw new StoreException(kind, "Something else.");
            }

            if (batch.Operations.Any(operation => _held.ContainsKey(Number(operation))))
            {
                throw new StoreException(StoreErrorKind.RolledBack, "Somebody holds a lock.") { Blocked = true };
            }

            foreach (var operation in batch.Operations)
            {
                _committed.Enqueue(Name(operation));
            }
        };
    }

    public async ValueTask DisposeAsync()
    {
        _held.Clear();
        _store.Open();
        var stopped = Task.WhenAll(_writers.Select(writer => writer.StopAsync(TimeSpan.Zero))).WaitAsync(Patience);
        while (!stopped.IsCompleted)
        {
            await EndAllAsync();
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        await stopped;
    }

    [Fact]
    public async Task Twice_as_many_are_tried_together_each_time_until_one_is_held_and_then_each_by_itself()
    {
        var all = await SubmitHeldAsync(40);
        Assert.Equal(["0", "1", "2", "3"], Tries);

        _held.Clear();
        await EndAsync("0");
        Assert.Equal(["1", "2", "3", "4 5"], Tries);
        await EndAsync("4 5");
        Assert.Equal(["1", "2", "3", "6 7 8 9"], Tries);
        _held[12] = true;
        await EndAsync("6 7 8 9");
        Assert.Equal(["1", "2", "3", "10 11 12 13 14 15 16 17"], Tries);
        await EndAsync("10 11 12 13 14 15 16 17");
        Assert.Equal(["1", "2", "3", "18"], Tries);
        Assert.DoesNotContain(_book.Lines, static line => line.Contains(" 13: ", Ordinal));

        await EndAllAsync();
        Assert.Equal([12], all.Where(static one => !one.Ended.IsCompleted).Select(static one => Number(one.Operation)));
        Assert.Contains(
            $"for execution {all[12].Operation.Id} waits for a lock",
            Assert.Single(_book.Lines, static line => line.Contains(" 13: ", Ordinal)),
            Ordinal);
        _held.Clear();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await EndAllAsync();

        AssertAreCommitted(all);
        AssertAllIsFree();
    }

    [Fact]
    public async Task What_does_not_fit_together_is_tried_one_after_the_other()
    {
        const int Large = 3 * 1024 * 1024;
        var all = Enumerable.Range(0, 6).Select(number => Make(number, bytes: number < 4 ? 0 : Large)).ToList();
        all.ForEach(one => _held[Number(one.Operation)] = true);
        all.ForEach(one => Submit(one));
        _store.Open();
        await RestAsync();
        Assert.Equal(5, _store.Sizes.First());

        _held.Clear();
        await EndAsync("0");
        Assert.Equal(["1", "2", "3", "4"], Tries);
        await EndAsync("4");
        Assert.Equal(["1", "2", "3", "5"], Tries);
        await EndAllAsync();

        AssertAreCommitted(all);
        AssertAllIsFree();
    }

    [Fact]
    public async Task Who_is_given_a_place_asks_for_the_next_at_once()
    {
        AddWriter();
        var first = await SubmitHeldAsync(4);
        var second = await SubmitHeldAsync(4, from: 10, _writers[1]);
        Assert.Equal(["0", "1", "2", "3"], Tries);

        _held.Clear();
        foreach (var name in Tries)
        {
            await EndAsync(name);
        }

        Assert.Equal(["10", "11", "12", "13"], Tries);
        await EndAllAsync();
        AssertAreCommitted([.. first, .. second]);
        AssertAllIsFree();
    }

    [Fact]
    public async Task A_place_that_comes_when_nobody_wants_it_any_more_is_given_back()
    {
        var all = await SubmitHeldAsync(Places + 2);
        all[4].Withdraw();
        all[5].Withdraw();

        _held.Clear();
        await EndAllAsync();

        AssertAreCommitted(all[..Places]);
        AssertAllIsFree();
    }

    [Fact]
    public async Task What_comes_for_one_that_is_apart_waits_behind_it_even_if_its_lock_is_gone()
    {
        var all = new List<RecordedOperation>();
        _meanwhile = () => all.AddRange([Submit(Make(7, 2)), Submit(Make(20))]);
        _held[7] = true;
        all.Add(Submit(Make(7)));
        _store.Open();
        await RestAsync();
        Assert.Equal(["20 1"], _committed);

        _held.Clear();
        all.AddRange([Submit(Make(7, 3)), Submit(Make(21))]);
        await RestAsync();
        Assert.Equal(["20 1", "21 1"], _committed);
        await EndAsync("7");

        Assert.Equal(["20 1", "21 1", "7 1", "7 2", "7 3"], _committed);
        Assert.All(all, static one => Assert.True(one.Ended.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task What_is_behind_an_operation_whose_patience_ends_stays_apart_in_its_place()
    {
        _held[0] = true;
        var first = Submit(Make(0, patience: _clock.GetTimestamp() + _clock.TimestampFrequency));
        _store.Open();
        await RestAsync();
        var behind = Submit(Make(0, 2));
        _clock.Advance(TimeSpan.FromSeconds(1));

        await EndAsync("0");
        Assert.True(first.Error!.Blocked);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await RestAsync();
        _held.Clear();
        await EndAsync("0");

        AssertAreCommitted([behind]);
        Assert.Single(_store.Batches, static batch => batch.LockWait == TimeSpan.MaxValue); // The first of all.
    }

    [Fact]
    public async Task What_is_refused_for_good_by_itself_is_told_once_and_what_is_behind_it_goes_on()
    {
        var bad = Assert.Single(await SubmitHeldAsync(1));
        var behind = Submit(Make(0, 2));
        _held.Clear();
        _error = StoreErrorKind.Deterministic;

        await EndAsync("0");

        Assert.Equal(StoreErrorKind.Deterministic, bad.Error?.Kind);
        Assert.Single(_book.Lines, static line => line.Contains(" 11: ", Ordinal));
        Assert.True(behind.Ended.IsCompletedSuccessfully);
        Assert.Equal(["0 1", "0 1", "0 2"], _store.Batches.Select(batch => Name(Assert.Single(batch.Operations))));
        AssertAllIsFree();
    }

    [Fact]
    public async Task A_lock_is_logged_once_and_whatever_else_goes_wrong_each_time()
    {
        _held[0] = true;
        Submit(Make(0));
        Submit(Make(0, 2));
        _store.Open();
        await RestAsync();
        for (var tries = 0; tries < 5; tries++)
        {
            await EndAsync("0 0");
            _clock.Advance(TimeSpan.FromSeconds(1));
            await RestAsync();
        }

        string[] before = [.. _book.Lines.Select(Head)];
        _error = StoreErrorKind.InDoubt;
        await EndAsync("0 0");

        Assert.Equal(
            [Failed(2, StoreErrorKind.RolledBack, 1), Failed(2, StoreErrorKind.RolledBack, 1), "Warning 13"], before);
        Assert.Equal(Failed(2, StoreErrorKind.InDoubt, 6), Head(Assert.Single(_book.Lines.Skip(before.Length))));
    }

    [Fact]
    public async Task What_goes_wrong_for_several_is_logged_for_all_of_them()
    {
        await SubmitHeldAsync(6);
        _held.Clear();
        await EndAsync("0");
        var before = _book.Lines.Count;

        _error = StoreErrorKind.RolledBack;
        await EndAsync("4 5");

        Assert.Equal(Failed(2, StoreErrorKind.RolledBack, 1), Head(Assert.Single(_book.Lines.Skip(before))));
        Assert.Equal(["1", "2", "3", "4"], Tries);
    }

    /// <summary>What is being tried, by the numbers of the executions.</summary>
    private IReadOnlyList<string> Tries
    {
        get
        {
            lock (_lock)
            {
                return [.. _tries.Values.Select(static one => one.Name)];
            }
        }
    }

    private static int Number(StoreOperation operation) => operation.Id.Shard;

    private static string Name(StoreOperation operation) =>
        $"{Number(operation)} {((AdvanceOperation)operation).Epoch}";

    private static string Failed(int operations, StoreErrorKind kind, int tries) =>
        $"Warning 10: A commit of {operations} operations failed ({kind}), try {tries}";

    /// <summary>A line of the log without its exception, and one of a lock without its execution.</summary>
    private static string Head(string line) =>
        line.StartsWith("Warning 13: ", Ordinal) ? "Warning 13" : line[..line.IndexOf(" Hydra.", Ordinal)];

    private void AssertAreCommitted(IReadOnlyList<RecordedOperation> operations)
    {
        Assert.All(operations, static one => Assert.True(one.Ended.IsCompleted && one.Error is null));
        Assert.Equal(operations.Select(static one => Name(one.Operation)).Order(), _committed.Order());
    }

    /// <summary>Nothing is apart any more: each place is there, and a try may take as long as any.</summary>
    private void AssertAllIsFree()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), _room.LockWait(1));
        Assert.All([_room.ForUntried, _room.ForHeld], static places =>
        {
            Assert.Equal(Places, Enumerable.Range(0, Places + 1).Count(_ => places.TryTake(static () => { })));
            Enumerable.Range(0, Places + 1).ToList().ForEach(_ => places.GiveBack());
        });
    }

    private void AddWriter() => _writers.Add(new PipelineWriter(
        _store,
        new VirtualRuntime(_clock, _pulse, new BodyGate()),
        new StoreClock(_clock),
        new EngineLog(_book),
        _room));

    private static RecordedOperation Make(int number, int epoch = 1, int bytes = 0, long? patience = null)
    {
        var entry = new JournalEntry
        {
            Seq = 1,
            Kind = EntryKind.Step,
            Key = "step",
            Output = Payload.Create(new byte[bytes]),
            At = new Instant(1),
            Epoch = epoch,
        };
        var id = ExecutionId.Create(1, 1, (byte)number);
        return new(new AdvanceOperation { Id = id, Epoch = epoch, Entries = [entry] }) { Patience = patience };
    }

    private RecordedOperation Submit(RecordedOperation one, PipelineWriter? writer = null)
    {
        (writer ?? _writers[0]).Submit(one, new SessionId(1));
        return one;
    }

    /// <summary>Submits operations of as many executions, in one batch, that is set apart.</summary>
    private async Task<List<RecordedOperation>> SubmitHeldAsync(int count, int from = 0, PipelineWriter? writer = null)
    {
        var all = Enumerable.Range(from, count).Select(number => Make(number)).ToList();
        all.ForEach(one => _held[Number(one.Operation)] = true);
        all.ForEach(one => Submit(one, writer));
        _store.Open();
        await RestAsync();
        return all;
    }

    private Task RestAsync() => _pulse.RestAsync().WaitAsync(Patience);

    /// <summary>Lets one try go on, and waits for what comes of it.</summary>
    private async Task EndAsync(string name)
    {
        TaskCompletionSource end;
        lock (_lock)
        {
            var one = Assert.Single(_tries, one => one.Value.Name == name);
            _tries.Remove(one.Key);
            end = one.Value.End;
        }

        end.SetResult();
        await RestAsync();
    }

    /// <summary>Lets every try go on, and those that follow, until there is none.</summary>
    private async Task EndAllAsync()
    {
        await RestAsync();
        while (Tries is [var first, ..])
        {
            await EndAsync(first);
        }
    }
}
