using Hydra.Soak.Histories;

namespace Hydra.Soak;

/// <content>Those that were asked to stop.</content>
public partial class OracleTests
{
    private const string Guarded = """
        {"commands":[{"op":"guard",
          "commands":[{"op":"step","name":"a","input":1},{"op":"step","name":"b","input":2}],
          "cleanup":[{"op":"step","name":"undo","input":3}]}]}
        """;

    /// <summary>Heard of it while its second step ran, and cleaned up under the next owner.</summary>
    private static readonly ObservedExecution Stopped = new()
    {
        Id = Id,
        Workflow = "scripted",
        Key = "k",
        State = "cancelled",
        Epoch = 3,
        Crashes = 1,
        Input = Guarded,
        StartedMicros = 100,
        FinishedMicros = 2_000,
        CrashHistory = [(1, 1_500)],
        Entries =
        [
            new() { Seq = 0, Kind = "input", Epoch = 0, AtMicros = 90, Fingerprint = "0" },
            Step(1, "a", epoch: 1, at: 200, hash: "aa") with { Input = "1" },
            new() { Seq = 2, Kind = "cancellation", Epoch = 1, AtMicros = 1_200, Fingerprint = "2" },
            Step(3, "undo", epoch: 3, at: 1_990, hash: "uu") with { Input = "3" },
            new() { Seq = 4, Kind = "terminal", Epoch = 3, State = "cancelled", AtMicros = 2_000, Fingerprint = "4" },
        ],
        Recorded = [new("a", 1, 1, "completed", "1"), new("undo", 1, 3, "completed", "3")],
    };

    private static readonly History StoppedRun = new()
    {
        Starts = [new("k", "scripted", Guarded, StartOutcome.Acknowledged, Id)],
        Cancels = [new(Id, CancelAnswer.Requested, AnsweredMicros: 1_000, Epoch: 1)],
        Executions = [Stopped],
        Effects =
        [
            Begin("a", epoch: 1, at: 150) with { Input = "1" },
            End("a", epoch: 1, hash: "aa"),
            Begin("b", epoch: 1, at: 300) with { Input = "2" },
            Begin("undo", epoch: 1, at: 1_300) with { Input = "3" }, // Cut off by the crash.
            Begin("undo", epoch: 3, at: 1_900) with { Input = "3" },
            End("undo", epoch: 3, hash: "uu"),
        ],
        Results = [new(Id, "cancelled", null)],
    };

    [Fact]
    public void A_sound_history_of_one_that_was_stopped_passes() => Assert.Empty(Oracle.Judge(StoppedRun));

    [Fact]
    public void S17_tells_a_request_that_may_have_been_made_from_one_that_was_not()
    {
        Assert.Empty(Oracle.Judge(StoppedRun with { Cancels = [new(Id, CancelAnswer.Unknown, 1_000, 1)] }));
        Finds("S17", StoppedRun with { Cancels = [new(Id, CancelAnswer.NotSent, 1_000, 1)] });
    }

    [Fact]
    public void S17_finds_one_that_was_cancelled_unasked() => Finds("S17", StoppedRun with { Cancels = [] });

    [Fact]
    public void S17_finds_a_cancellation_that_was_heard_unasked() =>
        Finds("S17", With(Change(Sound, 2, entry => entry with { Kind = "cancellation" })));

    [Fact]
    public void S17_finds_a_body_of_a_later_owner()
    {
        var later = Begin("b", epoch: 3, at: 1_800) with { Input = "2" };

        Finds("S17", StoppedRun with { Effects = [.. StoppedRun.Effects, later] });
    }

    [Fact]
    public void S17_finds_an_owner_that_begins_more_than_it_had_in_hand()
    {
        // The commands run one at a time, and so does the cleanup, which may find one of them still at work.
        SideEffect[] late = [.. Enumerable.Range(0, 3).Select(number => Late($"x{number}"))];

        Assert.Empty(Oracle.Judge(Beginning(late[..2])));
        Finds("S17", Beginning(late));

        static SideEffect Late(string step) => Begin(step, epoch: 1, at: 1_100) with { Input = "2" };

        static History Beginning(SideEffect[] late) =>
            StoppedRun with { Effects = [.. StoppedRun.Effects.Take(4), .. late, .. StoppedRun.Effects.Skip(4)] };
    }

    [Fact]
    public void S17_finds_one_that_a_later_owner_completed_as_if_nobody_had_asked()
    {
        var asked = Run with { Cancels = [new(Id, CancelAnswer.Requested, AnsweredMicros: 1_950, Epoch: 3)] };

        Assert.Empty(Oracle.Judge(asked)); // By the owner of that time, before it heard.
        Finds("S17", asked with { Cancels = [new(Id, CancelAnswer.Requested, AnsweredMicros: 1_950, Epoch: 1)] });
    }

    [Fact]
    public void S17_finds_one_that_was_said_to_be_cancelled_and_is_not() =>
        Finds("S17", Run with { Cancels = [new(Id, CancelAnswer.Ended, AnsweredMicros: 1_950, Epoch: 3)] });

    [Fact]
    public void S17_finds_a_body_behind_an_end_that_was_said_to_be_at_once()
    {
        // Between two attempts, so that its code hears nothing and cleans up nothing.
        var ended = Stopped with
        {
            Epoch = 4,
            Attempt = 2,
            Entries =
            [
                Stopped.Entries[0],
                Step(1, "a", epoch: 1, at: 200, hash: null) with { Input = "1", State = "failed", Superseded = true },
                new() { Seq = 2, Kind = "attemptFailed", Epoch = 3, AtMicros = 1_700, TruncateAt = 1, Carried = [1] },
                Stopped.Entries[4] with { Seq = 3, Epoch = 4 },
            ],
            Input = """{"commands":[{"op":"step","name":"a","input":1,"failTimes":9}]}""",
            Recorded = [new("a", 1, 1, "failed", "1")],
        };
        var run = StoppedRun with
        {
            Starts = [new("k", "scripted", ended.Input, StartOutcome.Acknowledged, Id)],
            Cancels = [new(Id, CancelAnswer.Ended, AnsweredMicros: 2_001, Epoch: 4)],
            Executions = [ended],
            Effects = [Begin("a", epoch: 1, at: 150) with { Input = "1" }, EndFailed("a", epoch: 1, attempt: 1)],
        };

        Assert.Empty(Oracle.Judge(run));
        var behind = Begin("a", epoch: 4, at: 2_100, attempt: 2) with { Input = "1" };
        Finds("S17", run with { Effects = [.. run.Effects, behind] });
    }

    [Fact]
    public void S17_finds_one_that_was_said_to_have_ended_before_it_had()
    {
        var ended = Run with
        {
            Executions = [Sound with { FinishedMicros = 2_000 }],
            Cancels = [new(Id, CancelAnswer.AlreadyEnded, AnsweredMicros: 2_000, Epoch: 3)],
        };

        Assert.Empty(Oracle.Judge(ended));
        Finds("S17", ended with { Cancels = [ended.Cancels[0] with { AnsweredMicros = 1_999 }] });
    }

    [Fact]
    public void S17_finds_work_that_goes_on_behind_the_cancellation() => Finds("S17", StoppedRun with
    {
        Executions = [Change(Stopped, 3, entry => entry with { Input = "2" })],
    });

    [Fact]
    public void S17_finds_one_that_heard_and_completed() => Finds("S17", StoppedRun with
    {
        Executions = [Change(Stopped, 4, entry => entry with { State = "completed" }) with { State = "completed" }],
    });

    [Fact]
    public void S16_finds_cleanup_that_nobody_had_asked_for() => Finds("S16", StoppedRun with
    {
        Executions = [Change(Stopped, 2, entry => entry with { Kind = "foreign" })],
    });

    [Fact]
    public void S16_finds_cleanup_that_was_not_done() => Finds("S16", StoppedRun with
    {
        Executions = [Change(Stopped, 3, entry => entry with { State = "failed", ValueHash = null })],
    });

    private static SideEffect EndFailed(string step, long epoch, int attempt) =>
        End(step, epoch, hash: "") with { Attempt = attempt, Ok = false, ValueHash = null };
}
