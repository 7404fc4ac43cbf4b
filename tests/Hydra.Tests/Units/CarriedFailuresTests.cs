using Hydra.Engine.Replay;
using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Tests.Units;

/// <summary>Which recorded failures the next attempt drops, and where it cuts the journal.</summary>
public class CarriedFailuresTests
{
    private readonly Journal _journal = new([Entry(0, EntryKind.Input, position: 0)]);

    [Fact]
    public void A_failure_of_no_step_carries_none_and_cuts_behind_everything()
    {
        Append(EntryKind.Step, position: 0, failed: true);

        var end = CarriedFailures.Find(_journal, new InvalidOperationException("no"));

        Assert.Empty(end.Carried);
        Assert.Equal((2, 1), (end.TruncateAt, end.Attempt));
    }

    [Fact]
    public void Failures_are_found_through_whatever_wraps_them()
    {
        Append(EntryKind.Step, position: 0, failed: true);
        Append(EntryKind.Step, position: 1, failed: true);
        Append(EntryKind.Step, position: 2, failed: true);

        var end = CarriedFailures.Find(_journal, new AggregateException(
            new InvalidOperationException("first", StepFailed(3)), new AggregateException(StepFailed(1))));

        Assert.Equal([1, 3], end.Carried);
        Assert.Equal(1, end.TruncateAt);
    }

    [Fact]
    public void What_ran_beside_a_carried_failure_is_carried_and_so_is_what_ran_beside_that()
    {
        Append(EntryKind.Step, position: 0, failed: true); // Beside the second, but over when the third was issued.
        Append(EntryKind.Step, position: 0, failed: true);
        Append(EntryKind.Step, position: 1, failed: true);

        Assert.Equal([1, 2, 3], CarriedFailures.Find(_journal, StepFailed(1)).Carried);
        Assert.Equal([1, 2, 3], CarriedFailures.Find(_journal, StepFailed(3)).Carried);
    }

    [Fact]
    public void A_failure_that_was_told_before_the_carried_one_was_issued_stays()
    {
        Append(EntryKind.Step, position: 0, failed: true);
        Append(EntryKind.Step, position: 1, failed: true);
        Append(EntryKind.Step, position: 2, failed: true);

        var end = CarriedFailures.Find(_journal, StepFailed(2));

        Assert.Equal([2], end.Carried);
        Assert.Equal(2, end.TruncateAt);
    }

    [Fact]
    public void Thousands_that_each_ran_beside_the_next_are_carried_without_delay()
    {
        const int Many = 20_000;
        Append(EntryKind.Step, position: 0, failed: true);
        for (var position = 0; position < Many - 1; position++)
        {
            Append(EntryKind.Step, position, failed: true);
        }

        Assert.Equal(Many, CarriedFailures.Find(_journal, StepFailed(Many)).Carried.Count);
    }

    [Fact]
    public void Results_and_sleeps_beside_a_failure_are_not_carried()
    {
        Append(EntryKind.Step, position: 0);
        Append(EntryKind.Sleep, position: 0);
        Append(EntryKind.Step, position: 0, failed: true);

        Assert.Equal([3], CarriedFailures.Find(_journal, StepFailed(3)).Carried);
    }

    [Fact]
    public void A_failure_that_is_no_outcome_of_this_execution_is_not_carried()
    {
        Append(EntryKind.Step, position: 0, failed: true);
        Append(EntryKind.Step, position: 1);

        var end = CarriedFailures.Find(_journal, new AggregateException(StepFailed(2), StepFailed(7)));

        Assert.Empty(end.Carried);
        Assert.Equal(3, end.TruncateAt);
    }

    private static StepFailedException StepFailed(long seq) => new("step", new Failure("Type", "no"), seq);

    private static JournalEntry Entry(long seq, EntryKind kind, int position, bool failed = false) => new()
    {
        Seq = seq,
        Kind = kind,
        Key = $"{kind}-{seq}",
        Position = position,
        Failed = failed,
        At = new Instant(seq),
        Epoch = 1,
    };

    private void Append(EntryKind kind, int position, bool failed = false) =>
        _journal.Append(Entry(_journal.LastSeq + 1, kind, position, failed));
}
