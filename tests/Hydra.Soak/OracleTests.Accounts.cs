using Hydra.Soak.Histories;

namespace Hydra.Soak;

/// <content>What is counted, what is tried again, and what owners see of those before them.</content>
public partial class OracleTests
{
    private const string FailingInput = """{"commands":[{"op":"step","name":"a","input":1,"failTimes":2}]}""";

    /// <summary>Failed once under each of two owners, the first of which died in the second attempt.</summary>
    private static readonly ObservedExecution Failing = new()
    {
        Id = Id,
        Workflow = "scripted",
        Key = "k",
        State = "completed",
        Epoch = 3,
        Crashes = 1,
        Input = FailingInput,
        Output = """["A"]""",
        StartedMicros = 100,
        CrashHistory = [(1, 1_500)],
        Entries =
        [
            new() { Seq = 0, Kind = "input", Epoch = 0, AtMicros = 90, Fingerprint = "0" },
            Step(1, "a", epoch: 3, at: 1_900, hash: "aa") with { Attempt = 3, Input = "1" },
            new() { Seq = 2, Kind = "terminal", Epoch = 3, State = "completed", AtMicros = 2_000, Fingerprint = "2" },
        ],
        Recorded =
        [
            new("a", 1, 1, "failed", "1"),
            new("a", 2, 1, "interrupted", "1"),
            new("a", 2, 3, "failed", "1"),
            new("a", 3, 3, "completed", "1"),
        ],
    };

    private static readonly History FailingRun = new()
    {
        Starts = [new("k", "scripted", FailingInput, StartOutcome.Acknowledged, Id)],
        Executions = [Failing],
        Effects =
        [
            Try(epoch: 1, attempt: 1),
            EndFailed("a", epoch: 1, attempt: 1),
            Try(epoch: 1, attempt: 2),
            Try(epoch: 3, attempt: 2),
            EndFailed("a", epoch: 3, attempt: 2),
            Try(epoch: 3, attempt: 3),
            End("a", epoch: 3, hash: "aa") with { Attempt = 3 },
        ],
        Results = [new(Id, "completed", """["A"]""")],
    };

    private static readonly ObservedCounts Counts = new(
        Acknowledged: 2,
        Asked: 3,
        new Dictionary<ExecutionState, long> { [ExecutionState.Running] = 1, [ExecutionState.Completed] = 1 },
        new Dictionary<ExecutionState, long> { [ExecutionState.Running] = 1, [ExecutionState.Completed] = 1 });

    [Fact]
    public void A_sound_history_of_one_that_failed_and_crashed_passes() => Assert.Empty(Oracle.Judge(FailingRun));

    [Fact]
    public void S8_finds_a_reader_that_saw_less_than_the_one_before_it()
    {
        var (early, late) = (Run.Samples[0], Run.Samples[1]);

        Finds("S8", Run with { Samples = [late, early] });
    }

    [Fact]
    public void S8_finds_another_input_than_was_seen() => Finds("S8", Run with
    {
        Samples = [Change(Run.Samples[1], 1, entry => entry with { Input = "7" })],
    });

    [Fact]
    public void S8_finds_an_owner_that_gives_a_step_another_input() => Finds("S8", FailingRun with
    {
        Effects = [.. FailingRun.Effects.Select(effect => effect.Epoch == 3 ? effect : effect with { Input = "2" })],
    });

    [Fact]
    public void S8_finds_another_input_in_the_record_than_the_body_had() => Finds("S8", FailingRun with
    {
        Executions = [Failing with { Recorded = [.. Failing.Recorded.Take(3), new("a", 3, 3, "completed", "2")] }],
    });

    [Fact]
    public void S8_lets_a_new_attempt_come_to_its_steps_in_another_order()
    {
        var again = Again();
        var swapped = Begin("x", epoch: 1, at: 150) with { Input = "5" };
        var run = again with { Effects = [swapped, swapped with { Epoch = 2, Input = "6" }, .. again.Effects] };

        Assert.DoesNotContain(Oracle.Judge(run), violation => violation.Invariant == "S8");
        Finds("S8", run with { Effects = [.. run.Effects, swapped with { Attempt = 2, Input = "6" }] });
    }

    [Fact]
    public void S8_finds_a_build_that_refused() => Finds("S8", With(Sound with { Refusals = ["a step was missing"] }));

    [Fact]
    public void S8_finds_one_that_was_blocked_for_a_while() =>
        Finds("S8", Run with { Samples = [.. Run.Samples, Sound with { BlockedReason = "mismatch" }] });

    [Fact]
    public void S16_finds_a_count_that_is_not_what_is_listed()
    {
        Assert.Empty(Oracle.Judge(Run with { Counts = [Counts] }));
        Finds("S16", Run with
        {
            Counts = [Counts with { Counted = new Dictionary<ExecutionState, long> { [ExecutionState.Running] = 1 } }],
        });
    }

    [Fact]
    public void S16_finds_fewer_than_were_started() =>
        Finds("S16", Run with { Counts = [Counts with { Acknowledged = 3 }] });

    [Fact]
    public void S16_finds_more_than_were_asked_for() =>
        Finds("S16", Run with { Counts = [Counts with { Acknowledged = 1, Asked = 1 }] });

    [Fact]
    public void S18_finds_an_attempt_that_a_crash_has_spent() => Finds("S18", FailingRun with
    {
        Executions = [Record(new("a", 1, 1, "failed", "1"), new("a", 3, 3, "completed", "1"))],
    });

    [Fact]
    public void S18_finds_an_attempt_that_is_recorded_twice() =>
        Finds("S18", FailingRun with { Executions = [Record([.. Failing.Recorded, new("a", 2, 1, "failed", "1")])] });

    [Fact]
    public void S18_finds_a_failure_after_the_success() => Finds("S18", FailingRun with
    {
        Executions = [Record([.. Failing.Recorded, new("a", 4, 3, "failed", "1")])],
    });

    [Fact]
    public void S18_finds_a_next_attempt_before_the_failure_is_recorded()
    {
        // The owner of epoch 1 has begun what only the failure of epoch 3 leads to.
        Finds("S18", FailingRun with { Effects = [.. FailingRun.Effects, Try(epoch: 1, attempt: 3)] });
    }

    [Fact]
    public void S18_finds_a_failure_of_no_body() => Finds("S18", FailingRun with
    {
        Effects = [.. FailingRun.Effects.Where(effect => effect is not { Ok: false, Epoch: 3 })],
    });

    [Fact]
    public void S18_finds_a_failure_that_is_only_its_owner_leaving()
    {
        var patient = FailingInput.Replace("2}", "1}", StringComparison.Ordinal);

        Finds("S18", FailingRun with { Executions = [Failing with { Input = patient }] });
    }

    [Fact]
    public void S18_finds_a_body_of_which_nothing_tells_what_became() =>
        Finds("S18", FailingRun with { Executions = [Failing with { Crashes = 0, CrashHistory = [] }] });

    [Fact]
    public void S18_finds_crashes_that_are_not_counted() =>
        Finds("S18", FailingRun with { Executions = [Failing with { Crashes = 2 }] });

    [Fact]
    public void S18_finds_two_crashes_of_one_epoch() => Finds("S18", FailingRun with
    {
        Executions = [Failing with { Crashes = 2, CrashHistory = [(1, 1_400), (1, 1_500)] }],
    });

    [Fact]
    public void S18_finds_something_under_an_epoch_that_nobody_had_claimed() =>
        Finds("S18", FailingRun with { Effects = [.. FailingRun.Effects, Try(epoch: 2, attempt: 2)] });

    [Fact]
    public void S18_finds_an_attempt_of_the_whole_that_did_not_fail() =>
        Finds("S18", FailingRun with { Executions = [Failing with { Attempt = 2 }] });

    [Fact]
    public void S18_finds_an_attempt_of_the_whole_that_goes_on_without_having_begun()
    {
        var again = Again();

        Assert.Empty(Oracle.Judge(again));
        Finds("S18", again with
        {
            Executions = [Change(again.Executions[0], 3, entry => entry with { Kind = "foreign" })],
        });
    }

    [Fact]
    public void S18_finds_an_attempt_of_the_whole_that_begins_without_a_failure() => Finds("S18", FailingRun with
    {
        Executions = [Change(Failing, 1, entry => entry with { Kind = "attemptStarted" })],
    });

    [Fact]
    public void S18_finds_one_that_failed_before_its_attempts_were_used_up()
    {
        var failed = Change(Failing, 2, entry => entry with { State = "failed" }) with { State = "failed" };
        var run = FailingRun with { Executions = [failed with { MaxAttempts = 1 }], Results = [] };

        Assert.Empty(Oracle.Judge(run));
        Finds("S18", run with { Executions = [failed with { MaxAttempts = 2 }] });
    }

    [Fact]
    public void S18_finds_an_attempt_of_the_whole_that_failed_without_a_step()
    {
        var again = Again();

        Finds("S18", again with
        {
            Executions = [Change(again.Executions[0], 2, entry => entry with { Carried = [] })],
        });
    }

    /// <summary>Like <see cref="Failing"/>, without crashes; the execution itself was tried again.</summary>
    private static History Again() => FailingRun with
    {
        Executions =
        [
            Failing with
            {
                Attempt = 2,
                Crashes = 0,
                CrashHistory = [],
                Entries =
                [
                    Failing.Entries[0],
                    Step(1, "a", epoch: 1, at: 200, hash: null) with
                    {
                        State = "failed",
                        Superseded = true,
                        Input = "1",
                    },
                    new() { Seq = 2, Kind = "attemptFailed", Epoch = 1, AtMicros = 201, TruncateAt = 1, Carried = [1] },
                    new() { Seq = 3, Kind = "attemptStarted", Epoch = 2, AtMicros = 300 },
                    Step(4, "a", epoch: 2, at: 400, hash: "aa") with { Attempt = 2, Input = "1" },
                    Failing.Entries[2] with { Seq = 5 },
                ],
                Recorded = [new("a", 1, 1, "failed", "1"), new("a", 2, 2, "completed", "1")],
            },
        ],
        Effects =
        [
            Try(epoch: 1, attempt: 1),
            EndFailed("a", epoch: 1, attempt: 1),
            Try(epoch: 2, attempt: 2),
            End("a", epoch: 2, hash: "aa") with { Attempt = 2 },
        ],
    };

    private static ObservedExecution Record(params ObservedTry[] recorded) => Failing with { Recorded = recorded };

    private static SideEffect Try(long epoch, int attempt) =>
        Begin("a", epoch, at: 100 * epoch, attempt) with { Input = "1" };
}
