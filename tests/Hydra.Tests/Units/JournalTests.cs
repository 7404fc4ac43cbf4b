using Hydra.Engine;
using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Tests.Units;

public class JournalTests
{
    private readonly Journal _journal = new([Entry(0, EntryKind.Input)]);

    [Fact]
    public void A_journal_begins_with_its_input()
    {
        Assert.Throws<InvalidOperationException>(() => new Journal([]));
        Assert.Throws<InvalidOperationException>(() => new Journal([Entry(0, EntryKind.Step, "a")]));
        Assert.Empty(_journal.Outcomes);
        Assert.Equal((0, 1), (_journal.LastSeq, _journal.Attempt));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_journal_has_no_gaps_and_no_repetitions(long seq)
    {
        Assert.Throws<InvalidOperationException>(() => _journal.Append(Entry(seq, EntryKind.Step, "a")));
    }

    [Fact]
    public void Everything_that_code_can_observe_is_an_outcome()
    {
        Append(EntryKind.Step, "a");
        Append(EntryKind.Sleep, "sleep");
        Append(EntryKind.Foreign);
        Append(EntryKind.Cancellation);
        Append(EntryKind.Terminal);

        Assert.Equal([1, 2, 3, 4], Seqs(_journal.Outcomes));
        Assert.True(_journal.EndDelivered);
        Assert.Equal(_journal.Entries.Sum(entry => (long)entry.Size), _journal.Bytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_entry_of_a_kind_that_this_version_does_not_know_is_refused_and_no_code_runs(bool behindTheCut)
    {
        Append((EntryKind)42, "signal");
        if (behindTheCut)
        {
            AppendEnd(truncateAt: 1, carried: [], attempt: 1);
        }

        var begun = false;
        var loop = new TurnLoop(new Host(), _journal, new Instant(0), epoch: 2, "worker", () =>
        {
            begun = true;
            return new TaskCompletionSource<Payload>().Task;
        });
        loop.Pump();

        Assert.Contains("recorded by a newer one", loop.Mismatch!.Message, StringComparison.Ordinal);
        Assert.Contains("kind 42 at seq 1", loop.Mismatch.Message, StringComparison.Ordinal);
        Assert.False(begun);
    }

    [Fact]
    public void A_failed_attempt_cuts_at_its_failure_and_lets_the_others_land_in_their_order()
    {
        Append(EntryKind.Step, "kept");
        Append(EntryKind.Step, "failed", failed: true, attempt: 3);
        Append(EntryKind.Step, "late");
        Append(EntryKind.Foreign);
        Append(EntryKind.Sleep, "sleep");
        Append(EntryKind.Step, "also-failed", failed: true);
        AppendEnd(truncateAt: 2, carried: [2, 6], attempt: 1);

        Assert.Equal([1], Seqs(_journal.Outcomes));
        Assert.Equal([3, 5], Seqs(_journal.Landed));
        Assert.Equal((2, true), (_journal.Attempt, _journal.AttemptStartPending));
        Assert.Equal((3, 1, 0),
            (_journal.TriedBefore("failed"), _journal.TriedBefore("also-failed"), _journal.TriedBefore("late")));
        Assert.Equal(8, _journal.Entries.Count);
    }

    [Fact]
    public void A_failure_that_was_caught_lands_as_well()
    {
        Append(EntryKind.Step, "carried", failed: true);
        Append(EntryKind.Step, "caught", failed: true);
        AppendEnd(truncateAt: 1, carried: [1], attempt: 1);

        Assert.Empty(_journal.Outcomes);
        Assert.Equal([2], Seqs(_journal.Landed));
    }

    [Fact]
    public void A_failure_of_no_step_cuts_nothing()
    {
        Append(EntryKind.Step, "kept");
        AppendEnd(truncateAt: 2, carried: [], attempt: 1);

        Assert.Equal([1], Seqs(_journal.Outcomes));
        Assert.Empty(_journal.Landed);
        Assert.True(_journal.AttemptStartPending);
    }

    [Fact]
    public void What_has_landed_is_gone_once_it_is_delivered_again()
    {
        Append(EntryKind.Step, "failed", failed: true);
        Append(EntryKind.Step, "late");
        AppendEnd(truncateAt: 1, carried: [1], attempt: 1);
        Append(EntryKind.AttemptStarted, attempt: 2);
        Append(EntryKind.Step, "late", originSeq: 2);

        Assert.Empty(_journal.Landed);
        Assert.False(_journal.AttemptStartPending);
        Assert.Equal([4, 5], Seqs(_journal.Outcomes));
    }

    [Fact]
    public void What_has_landed_twice_keeps_its_first_origin()
    {
        Append(EntryKind.Step, "failed", failed: true);
        Append(EntryKind.Step, "late");
        AppendEnd(truncateAt: 1, carried: [1], attempt: 1);
        Append(EntryKind.AttemptStarted, attempt: 2);
        Append(EntryKind.Step, "late", originSeq: 2);
        Append(EntryKind.Step, "failed", failed: true, attempt: 2);
        AppendEnd(truncateAt: 4, carried: [6], attempt: 2);
        Assert.Equal([5], Seqs(_journal.Landed));

        Append(EntryKind.AttemptStarted, attempt: 3);
        Append(EntryKind.Step, "late", originSeq: 2);

        Assert.Empty(_journal.Landed);
        Assert.Equal((3, 2), (_journal.Attempt, _journal.TriedBefore("failed")));
    }

    [Fact]
    public void What_has_landed_twice_is_delivered_under_its_first_origin()
    {
        Append(EntryKind.Step, "failed", failed: true);
        Append(EntryKind.Step, "late");
        AppendEnd(truncateAt: 1, carried: [1], attempt: 1);
        Append(EntryKind.AttemptStarted, attempt: 2);
        Append(EntryKind.Step, "late", originSeq: 2);
        Append(EntryKind.Step, "failed", failed: true, attempt: 2);
        AppendEnd(truncateAt: 4, carried: [6], attempt: 2);
        TurnLoop? loop = null;
        loop = new TurnLoop(new Host(), _journal, new Instant(0), epoch: 2, "worker", () =>
        {
            loop!.Issue(new StubCall("late"), CancellationToken.None);
            return new TaskCompletionSource<Payload>().Task;
        });

        loop.Pump();

        Assert.Equal(
            [(8L, EntryKind.AttemptStarted, 0L), (9L, EntryKind.Step, 2L)],
            loop.NewEntries.Select(entry => (entry.Seq, entry.Kind, entry.OriginSeq)));
    }

    [Fact]
    public void All_that_has_landed_and_is_asked_for_is_delivered_at_once_and_nothing_new_before_it()
    {
        Append(EntryKind.Step, "failed", failed: true);
        Append(EntryKind.Step, "one");
        Append(EntryKind.Step, "two");
        AppendEnd(truncateAt: 1, carried: [1], attempt: 1);
        TurnLoop? loop = null;
        List<StubCall> calls = [new("failed"), new("one"), new("two")];
        loop = new TurnLoop(new Host(), _journal, new Instant(0), epoch: 2, "worker", () =>
        {
            calls.ForEach(call => loop!.Issue(call, CancellationToken.None));
            return new TaskCompletionSource<Payload>().Task;
        });
        loop.Arrive(new Arrival(EntryKind.Step, calls[0]));

        loop.Pump();

        Assert.Equal([2, 3, 0], loop.NewEntries.Skip(1).Select(entry => entry.OriginSeq));
        Assert.Empty(_journal.Landed);
    }

    [Fact]
    public void What_was_not_asked_for_again_stays_landed_through_another_attempt()
    {
        Append(EntryKind.Step, "failed", failed: true);
        Append(EntryKind.Step, "one");
        Append(EntryKind.Step, "two");
        AppendEnd(truncateAt: 1, carried: [1], attempt: 1);
        AppendEnd(truncateAt: 5, carried: [], attempt: 2);

        Assert.Equal([2, 3], Seqs(_journal.Landed));
        Assert.Equal(3, _journal.Attempt);
    }

    [Fact]
    public void A_result_that_was_asked_for_behind_something_foreign_misses_it_until_it_has_come_again()
    {
        Append(EntryKind.Foreign);
        Append(EntryKind.Step, "failed", failed: true);
        Append(EntryKind.Foreign);
        Append(EntryKind.Step, "late", position: 3);
        AppendEnd(truncateAt: 2, carried: [2], attempt: 1);
        Append(EntryKind.AttemptStarted, attempt: 2);

        Assert.True(_journal.IsForeignMissing);
        Append(EntryKind.Foreign, attempt: 2);
        Assert.False(_journal.IsForeignMissing);
        Append(EntryKind.Step, "late", attempt: 2, originSeq: 4);
        Assert.False(_journal.IsForeignMissing);
    }

    [Fact]
    public void A_result_that_was_asked_for_behind_something_foreign_misses_it_through_another_attempt()
    {
        Append(EntryKind.Foreign);
        Append(EntryKind.Step, "failed", failed: true);
        Append(EntryKind.Foreign);
        Append(EntryKind.Step, "late", position: 3);
        AppendEnd(truncateAt: 2, carried: [2], attempt: 1);
        Append(EntryKind.AttemptStarted, attempt: 2);
        Append(EntryKind.Step, "failed again", failed: true, attempt: 2, position: 2);
        AppendEnd(truncateAt: 7, carried: [7], attempt: 2);

        Assert.True(_journal.IsForeignMissing);
    }

    [Fact]
    public void A_result_that_was_asked_for_before_anything_foreign_misses_nothing()
    {
        Append(EntryKind.Step, "failed", failed: true);
        Append(EntryKind.Foreign);
        Append(EntryKind.Step, "late", position: 0);
        AppendEnd(truncateAt: 1, carried: [1], attempt: 1);

        Assert.Equal([3], Seqs(_journal.Landed));
        Assert.False(_journal.IsForeignMissing);
    }

    [Fact]
    public void The_time_of_an_outcome_is_never_before_that_of_one_that_another_owner_recorded()
    {
        var journal = new Journal([Entry(0, EntryKind.Input) with { At = new Instant(100) }]);
        var loop = new TurnLoop(new Host(), journal, new Instant(0), epoch: 2, "worker", () =>
            new TaskCompletionSource<Payload>().Task);
        loop.Arrive(new Arrival(EntryKind.Cancellation));
        loop.Pump();

        Assert.Equal(new Instant(100), Assert.Single(loop.NewEntries).At);
        Assert.Equal(new Instant(100), loop.Time);
    }

    private static IEnumerable<long> Seqs(IEnumerable<JournalEntry> entries) => entries.Select(entry => entry.Seq);

    private static JournalEntry Entry(long seq, EntryKind kind, string key = "") =>
        new() { Seq = seq, Kind = kind, Key = key, At = new Instant(seq), Epoch = 1 };

    private void Append(
        EntryKind kind, string key = "", bool failed = false, int attempt = 1, long originSeq = 0, int position = 0) =>
        _journal.Append(Entry(_journal.LastSeq + 1, kind, key) with
        {
            Position = position,
            Failed = failed,
            Attempt = attempt,
            OriginSeq = originSeq,
        });

    private void AppendEnd(long truncateAt, long[] carried, int attempt) =>
        _journal.Append(Entry(_journal.LastSeq + 1, EntryKind.AttemptFailed) with
        {
            Input = EngineJson.Write(new AttemptEnd(truncateAt, carried, attempt)),
            Failed = true,
            Attempt = attempt,
        });

    private sealed class StubCall(string key) : Call(EntryKind.Step, key, default)
    {
        public override bool HasSameInput(Payload recorded) => true;

        public override void Deliver(JournalEntry outcome)
        {
        }

        public override void End(OperationCanceledException reason)
        {
        }
    }

    private sealed class Host : ITurnHost
    {
        public Instant Now() => new(1);

        public void Wake()
        {
        }

        public void CancelLater(CancellationTokenSource source)
        {
        }

        public void ReportViolation(string message) => Assert.Fail(message);
    }
}
