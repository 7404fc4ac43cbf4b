using System.Globalization;
using Hydra.Engine;
using Hydra.Engine.Pipeline;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Units;

/// <summary>What the pipeline tells whom when commits fail, and who may share a batch.</summary>
public sealed class PipelineTroubleTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // Of real time: a hang fails the test.
    private static readonly SessionId Session = new(1);

    private readonly TimerLog _time = new(World.Start);
    private readonly ScriptedStore _store = new();
    private readonly LogBook _book = new();
    private readonly PoolRuntime _runtime;
    private readonly StoreClock _clock;
    private readonly EngineLog _log;
    private readonly PipelineWriter _writer;

    public PipelineTroubleTests()
    {
        _runtime = new PoolRuntime(_time);
        _clock = new StoreClock(_time);
        _log = new EngineLog(_book);
        _writer = new PipelineWriter(_store, _runtime, _clock, _log, new ApartRoom());
    }

    public async ValueTask DisposeAsync()
    {
        _store.Answer = _ => { };
        _store.Open();
        await _time.PassUntil(_writer.StopAsync(TimeSpan.Zero));
    }

    [Fact]
    public async Task What_comes_after_the_end_is_told_that_nothing_was_written()
    {
        await _writer.StopAsync(TimeSpan.Zero).WaitAsync(Patience);

        var late = Submit(Make(1), Session);

        await late.Ended.WaitAsync(Patience);
        Assert.Equal(StoreErrorKind.NotSent, late.Error!.Kind);
        Assert.Contains("shutting down. Nothing was written", late.Error.Message, StringComparison.Ordinal);
        Assert.Empty(_store.Batches);
    }

    [Fact]
    public async Task What_comes_while_the_last_is_being_written_is_told_the_same_and_not_written_after_it()
    {
        var last = Submit(Make(1), Session);
        Assert.True(await _store.Called.WaitAsync(Patience));
        var stopped = _writer.StopAsync(TimeSpan.Zero);

        var late = Submit(Make(2), Session);
        _store.Open();
        await stopped.WaitAsync(Patience);

        Assert.Null(last.Error);
        Assert.Equal(StoreErrorKind.NotSent, late.Error!.Kind);
        Assert.Equal([1], _store.Sizes);
    }

    [Fact]
    public async Task What_a_store_fails_at_before_it_has_taken_anything_is_sent_again_unless_it_needs_help()
    {
        var failed = false;
        _store.Ends = () => failed || !(failed = true)
            ? false
            : throw new StoreException(StoreErrorKind.Unavailable, "Away.");
        var (execution, client) = (Make(1), Make(2, patience: TimeSpan.FromSeconds(30)));
        Submit(execution, Session);
        Submit(client, default);
        _store.Open();

        await _time.PassUntil(Task.WhenAll(execution.Ended, client.Ended));

        Assert.Null(execution.Error);
        Assert.Equal(StoreErrorKind.Unavailable, client.Error?.Kind);
        Assert.Equal([1], _store.Sizes);
    }

    [Fact]
    public async Task A_store_that_answers_without_having_taken_anything_has_written_nothing()
    {
        var ended = false;
        _store.Ends = () => !ended && (ended = true);
        var pending = Submit(Make(1), Session);
        _store.Open();

        await pending.Ended.WaitAsync(Patience); // The clock stands still.

        Assert.Null(pending.Error);
        Assert.Equal([1], _store.Sizes);
        Assert.Empty(_book.Lines);
    }

    [Fact]
    public async Task An_operation_that_breaks_on_its_answer_keeps_none_of_the_others_from_theirs()
    {
        var all = Enumerable.Range(0, 3).Select(number => Submit(Make(number, breaks: number == 1), Session)).ToList();
        _store.Open();

        await Task.WhenAll(all.Select(one => one.Ended)).WaitAsync(Patience);
        await _writer.StopAsync(TimeSpan.Zero).WaitAsync(Patience);

        Assert.Equal([3], _store.Sizes);
        var line = Assert.Single(_book.Lines, line => line.Contains("FormatException", StringComparison.Ordinal));
        Assert.Contains(
            $"Answering an operation of execution {all[1].Operation.Id} failed", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_sets_the_store_s_clock()
    {
        _store.Now = Instant.From(World.Start.AddHours(3));
        _store.Open();

        await Submit(Make(1), Session).Ended.WaitAsync(Patience);

        Assert.Equal(_store.Now, _clock.Now);
    }

    [Fact]
    public async Task Operations_of_two_sessions_never_share_a_batch_and_those_of_clients_go_with_either()
    {
        var (none, other) = (default(SessionId), new SessionId(2));
        SessionId[] sessions = [none, Session, none, Session, none, other, none, other, none];
        var all = sessions.Select((session, number) => Submit(Make(number), session)).ToList();
        _store.Open();

        await Task.WhenAll(all.Select(one => one.Ended)).WaitAsync(Patience);

        Assert.Equal([5, 4], _store.Sizes);
        Assert.Equal([Session, other], _store.Batches.Select(batch => batch.Session));
    }

    [Fact]
    public async Task What_nobody_wants_any_more_is_neither_sent_nor_sent_again()
    {
        var all = Enumerable.Range(0, 3).Select(number => Submit(Make(number), Session)).ToList();
        all[0].Withdraw();
        FailOnce(StoreErrorKind.RolledBack, () => all[1].Withdraw());
        _store.Open();

        await _time.PassUntil(all[2].Ended);

        Assert.Equal([2, 1], _store.Sizes);
        Assert.False(all[0].Ended.IsCompleted || all[1].Ended.IsCompleted);
    }

    [Fact]
    public async Task What_nobody_wants_any_more_is_not_sent_when_its_batch_is_divided()
    {
        var all = Enumerable.Range(0, 3).Select(_ => Submit(Make(1), Session)).ToList();
        _store.Answer = batch =>
        {
            if (batch.Operations.Count > 1)
            {
                throw new StoreException(StoreErrorKind.Deterministic, "No.");
            }

            all[1].Withdraw();
        };
        _store.Open();

        await _time.PassUntil(all[2].Ended);

        Assert.Equal([3, 1, 1], _store.Sizes);
        Assert.False(all[1].Ended.IsCompleted);
    }

    [Fact]
    public async Task A_store_that_breaks_its_contract_leaves_what_it_was_given_in_doubt()
    {
        _store.Answer = _ => throw new InvalidOperationException("Broken.");
        var pending = Submit(Make(1, patience: TimeSpan.Zero), Session);
        _store.Open();

        await pending.Ended.WaitAsync(Patience); // The clock stands still.

        Assert.Equal(StoreErrorKind.InDoubt, pending.Error?.Kind);
        Assert.Contains(
            "Whether it was written is unknown. Broken.", pending.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_failed_is_sent_again_after_growing_delays_of_at_most_a_second()
    {
        var tries = 0;
        _store.Answer = _ =>
        {
            if (++tries <= 12)
            {
                throw new StoreException(StoreErrorKind.RolledBack, "Undone.");
            }
        };
        var pending = Submit(Make(1), Session);
        _store.Open();

        await _time.PassUntil(pending.Ended);

        Assert.Null(pending.Error);
        var waits = _time.Waits.Select(wait => wait.TotalMilliseconds).ToList();
        Assert.Equal(12, waits.Count);
        Assert.All(waits, (wait, number) =>
        {
            var longest = Math.Min(1_000, 5 * Math.Pow(2, number));
            Assert.InRange(wait, Math.Floor(longest / 2), longest);
        });
        Assert.All(Enumerable.Range(1, 12), number => Assert.Contains(_book.Lines, line => line.Contains(
            string.Create(CultureInfo.InvariantCulture, $"1 operations failed (RolledBack), try {number} "),
            StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_patience_of_nothing_is_one_try()
    {
        FailOnce(StoreErrorKind.RolledBack, () => { });
        var pending = Submit(Make(1, patience: TimeSpan.Zero), Session);
        _store.Open();

        await pending.Ended.WaitAsync(Patience); // The clock stands still.

        Assert.Equal(StoreErrorKind.RolledBack, pending.Error?.Kind);
    }

    [Fact]
    public async Task What_is_refused_for_good_is_logged_with_its_execution()
    {
        FailOnce(StoreErrorKind.Deterministic, () => { });
        var pending = Submit(Make(1), Session);
        _store.Open();

        await pending.Ended.WaitAsync(Patience);

        Assert.Equal(StoreErrorKind.Deterministic, pending.Error?.Kind);
        Assert.Contains(
            $"refuses an operation of execution {pending.Operation.Id} for good",
            _book.ToString(),
            StringComparison.Ordinal);
    }

    /// <summary>Somebody changes the schema in between: what was written before is written all the same.</summary>
    [Fact]
    public async Task What_is_refused_for_good_after_a_doubt_is_still_in_doubt()
    {
        var tries = 0;
        _store.Answer = _ => throw new StoreException(
            ++tries == 1 ? StoreErrorKind.InDoubt : StoreErrorKind.Deterministic, "No.");
        var pending = Submit(Make(1), Session);
        _store.Open();

        await _time.PassUntil(pending.Ended);

        Assert.Equal((StoreErrorKind.InDoubt, 2), (pending.Error?.Kind, tries));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 12)]
    public async Task Who_stops_waits_for_what_cannot_be_written_as_long_as_its_patience(int patience, int longest)
    {
        _store.Answer = _ => throw new StoreException(StoreErrorKind.RolledBack, "Undone.");
        var pending = Submit(Make(1), Session);
        var stopped = _writer.StopAsync(TimeSpan.FromSeconds(patience));
        _store.Open();

        await _time.PassUntil(pending.Ended);

        Assert.Equal(StoreErrorKind.RolledBack, pending.Error?.Kind);
        Assert.InRange((_time.GetUtcNow() - World.Start).TotalSeconds, patience, longest);
        await _time.PassUntil(stopped);
    }

    [Fact]
    public async Task Who_has_no_patience_left_when_the_pipeline_stops_is_told_after_the_first_failure()
    {
        FailOnce(StoreErrorKind.RolledBack, () => { });
        var pending = Submit(Make(1, patience: TimeSpan.Zero), Session);
        var stopped = _writer.StopAsync(TimeSpan.Zero);
        _store.Open();

        await _time.PassUntil(stopped);

        Assert.Equal(StoreErrorKind.RolledBack, pending.Error?.Kind);
        Assert.Equal([1], _store.Sizes);
    }

    [Theory]
    [InlineData(StoreErrorKind.RolledBack)]
    [InlineData(StoreErrorKind.Unavailable)]
    public async Task What_was_in_doubt_once_stays_so_whatever_is_heard_later(StoreErrorKind later)
    {
        var tries = 0;
        _store.Answer = _ => throw new StoreException(
            ++tries <= 2 ? StoreErrorKind.InDoubt : later, "Away.");
        var pending = Submit(Make(1, patience: TimeSpan.FromSeconds(10)), Session);
        _store.Open();

        await _time.PassUntil(pending.Ended);

        Assert.Equal(StoreErrorKind.InDoubt, pending.Error!.Kind);
        Assert.Contains("Whether it was written is unknown", pending.Error.Message, StringComparison.Ordinal);
        Assert.InRange((_time.GetUtcNow() - World.Start).TotalSeconds, 10, 12);
    }

    [Theory]
    [InlineData(StoreErrorKind.InDoubt, StoreErrorKind.RolledBack, 1)]
    [InlineData(StoreErrorKind.RolledBack, null, 2)]
    public async Task The_planted_doubt_for_failure_is_wrong_about_what_is_in_doubt_and_nothing_else(
        StoreErrorKind kind, StoreErrorKind? told, int tries)
    {
        var runtime = new VirtualRuntime(_time, new Pulse(), new BodyGate()) { Plants = PlantedFault.DoubtForFailure };
        var writer = new PipelineWriter(_store, runtime, _clock, _log, new ApartRoom());
        FailOnce(kind, () => { });
        var pending = Make(1);
        writer.Submit(pending, Session);
        _store.Open();

        await _time.PassUntil(pending.Ended);
        await _time.PassUntil(writer.StopAsync(TimeSpan.Zero));

        Assert.Equal(told, pending.Error?.Kind);
        Assert.Equal(tries, _store.Batches.Count);
    }

    [Theory]
    [InlineData(StoreErrorKind.Unavailable, 30, StoreErrorKind.Unavailable)]
    [InlineData(StoreErrorKind.RolledBack, 0, StoreErrorKind.NotSent)]
    public async Task A_client_behind_what_cannot_be_written_hears_that_nothing_of_its_own_was(
        StoreErrorKind kind, int patience, StoreErrorKind told)
    {
        RecordedOperation? behind = null;
        var submitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        FailOnce(kind, () =>
        {
            behind = Submit(Make(2, patience: TimeSpan.FromSeconds(patience)), default);
            submitted.SetResult();
        });
        var first = Submit(Make(1), Session);
        _store.Open();
        await submitted.Task.WaitAsync(Patience);

        await behind!.Ended.WaitAsync(Patience); // The clock stands still.

        Assert.Equal(told, behind.Error!.Kind);
        Assert.Contains(
            "Nothing was written, because what came before cannot be. Away.",
            behind.Error.Message,
            StringComparison.Ordinal);
        await _time.PassUntil(first.Ended);
        Assert.Null(first.Error);
        Assert.Equal([1, 1], _store.Sizes);
    }

    [Theory]
    [InlineData(StoreErrorKind.Unavailable)]
    [InlineData(StoreErrorKind.RolledBack)]
    public async Task An_execution_behind_what_cannot_be_written_waits_for_it(StoreErrorKind kind)
    {
        RecordedOperation? behind = null;
        FailOnce(kind, () => behind = Submit(Make(2), Session));
        var first = Submit(Make(1), Session);
        _store.Open();

        await _time.PassUntil(first.Ended);
        await behind!.Ended.WaitAsync(Patience);

        Assert.Null(first.Error);
        Assert.Null(behind.Error);
        Assert.Equal([1, 1, 1], _store.Sizes);
    }

    [Fact]
    public async Task Executions_are_spread_over_the_writers_that_a_store_wants()
    {
        var store = new ScriptedStore { Capabilities = new() { Name = "scripted", Writers = 4 } };
        using var pipeline = new CommitPipeline(store, _runtime, _clock, _log);
        var all = Enumerable.Range(0, 400).Select(number => Make(number / 2, epoch: number)).ToList();
        all.ForEach(pending => pipeline.Submit(pending, Session));

        for (var writer = 0; writer < 4; writer++)
        {
            Assert.True(await store.Called.WaitAsync(Patience), $"Only {writer} writers have begun.");
        }

        store.Open();
        await Task.WhenAll(all.Select(one => one.Ended)).WaitAsync(Patience);
        Assert.Equal((4, 400), (store.Batches.Count, store.Sizes.Sum()));
        Assert.All(store.Batches, batch => Assert.All( // Both operations of an execution are in the same one.
            batch.Operations.CountBy(operation => operation.Id), pair => Assert.Equal(2, pair.Value)));
        await pipeline.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
    }

    [Theory]
    [InlineData(true, true, 2)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 1)]
    public async Task Starts_with_a_key_hold_up_nobody_in_a_store_where_they_may_wait(
        bool mayWait, bool hasKey, int writers)
    {
        var store = new ScriptedStore { Capabilities = new() { Name = "scripted", KeyedStartsMayWait = mayWait } };
        using var pipeline = new CommitPipeline(store, _runtime, _clock, _log);
        var start = MakeStart(1, hasKey ? "order-1" : null);
        var advance = Make(1);
        pipeline.Submit(start);
        pipeline.Submit(advance, Session);

        for (var writer = 0; writer < writers; writer++)
        {
            Assert.True(await store.Called.WaitAsync(Patience), $"Only {writer} writers have begun.");
        }

        store.Open();
        await Task.WhenAll(start.Ended, advance.Ended).WaitAsync(Patience);
        Assert.Equal(writers, store.Batches.Count);
        await pipeline.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
    }

    [Fact]
    public async Task Starts_with_a_key_share_one_writer_however_many_the_executions_have()
    {
        var store = new ScriptedStore
        {
            Capabilities = new() { Name = "scripted", Writers = 4, KeyedStartsMayWait = true },
        };
        using var pipeline = new CommitPipeline(store, _runtime, _clock, _log);
        var starts = Enumerable.Range(0, 200).Select(number => MakeStart(number, $"order-{number}")).ToList();
        var advances = Enumerable.Range(0, 200).Select(number => Make(number)).ToList();
        starts.ForEach(start => pipeline.Submit(start));
        advances.ForEach(advance => pipeline.Submit(advance, Session));
        for (var writer = 0; writer < 5; writer++)
        {
            Assert.True(await store.Called.WaitAsync(Patience), $"Only {writer} writers have begun.");
        }

        store.Open();
        await Task.WhenAll(starts.Concat(advances).Select(one => one.Ended)).WaitAsync(Patience);

        Assert.Equal(
            200, Assert.Single(store.Batches, batch => batch.Operations[0] is StartOperation).Operations.Count);
        Assert.Equal((5, 400), (store.Batches.Count, store.Sizes.Sum()));
        await pipeline.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
    }

    [Fact]
    public async Task Once_stopped_no_writer_takes_anything_nor_does_that_of_starts_with_a_key()
    {
        var store = new ScriptedStore { Capabilities = new() { Name = "scripted", KeyedStartsMayWait = true } };
        using var pipeline = new CommitPipeline(store, _runtime, _clock, _log);
        store.Open();
        await pipeline.StopAsync(TimeSpan.Zero).WaitAsync(Patience);

        var (start, advance) = (MakeStart(1, "order-1"), Make(1));
        pipeline.Submit(start);
        pipeline.Submit(advance, Session);
        await Task.WhenAll(start.Ended, advance.Ended).WaitAsync(Patience);

        Assert.NotNull(start.Error);
        Assert.NotNull(advance.Error);
        Assert.Empty(store.Batches);
    }

    private static ExecutionId Id(int number) => ExecutionId.Create(number + 1, 1, 0);

    private static RecordedOperation MakeStart(int number, string? key) =>
        new(RecordedOperation.Start(Id(number), key));

    [Fact]
    public async Task One_that_breaks_when_it_hears_of_a_failure_ends_nobody_s_writing()
    {
        FailOnce(StoreErrorKind.Unavailable, () => { });
        var (client, execution) = (Make(1, breaks: true, patience: TimeSpan.FromSeconds(30)), Make(2));
        Submit(client, default);
        Submit(execution, Session);
        _store.Open();

        await _time.PassUntil(Task.WhenAll(client.Ended, execution.Ended));

        Assert.Equal(StoreErrorKind.Unavailable, client.Error?.Kind);
        Assert.Null(execution.Error);
        Assert.Contains(_book.Lines, line => line.Contains("Failing an operation", StringComparison.Ordinal));
        var later = Submit(Make(3), Session);
        await _time.PassUntil(later.Ended);
        Assert.Null(later.Error);
    }

    /// <summary>Who was told that the database is away may have brought it back: what comes now is new.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_comes_once_a_failure_was_told_does_not_fail_with_it(bool fromBatch)
    {
        var patience = TimeSpan.FromSeconds(30);
        var again = Make(3, patience: patience);
        void Repeat() => Submit(again, default);
        var first = Make(1, patience: patience, onFailed: fromBatch ? Repeat : null);
        var behind = Make(2, patience: patience, onFailed: fromBatch ? null : Repeat);
        FailOnce(StoreErrorKind.Unavailable, () => Submit(behind, default));
        Submit(first, default);
        _store.Open();

        await _time.PassUntil(Task.WhenAll(first.Ended, behind.Ended, again.Ended));

        Assert.Equal(StoreErrorKind.Unavailable, first.Error?.Kind);
        Assert.Equal(StoreErrorKind.Unavailable, behind.Error?.Kind);
        Assert.Null(again.Error);
    }

    private RecordedOperation Make(
        int number, bool breaks = false, TimeSpan? patience = null, long epoch = 1, Action? onFailed = null) =>
        new(new AdvanceOperation { Id = Id(number), Epoch = epoch })
        {
            Breaks = breaks,
            OnFailed = onFailed,
            Patience = patience is { } span
                ? _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency)
                : null,
        };

    private RecordedOperation Submit(RecordedOperation pending, SessionId session)
    {
        _writer.Submit(pending, session);
        return pending;
    }

    private void FailOnce(StoreErrorKind kind, Action meanwhile)
    {
        var failed = false;
        _store.Answer = _ =>
        {
            if (!failed)
            {
                failed = true;
                meanwhile();
                throw new StoreException(kind, "Away.");
            }
        };
    }
}
