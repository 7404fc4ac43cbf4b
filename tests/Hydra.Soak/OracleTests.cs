using Hydra.Soak.Histories;

namespace Hydra.Soak;

/// <summary>A checker that cannot fail proves nothing: each test spoils a sound history in one place.</summary>
public partial class OracleTests
{
    private const string Id = "0199a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d";
    private const string Other = "0199a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6e";

    private const string Input =
        """{"commands":[{"op":"step","name":"a"},{"op":"sleep","millis":1},{"op":"step","name":"b"}]}""";

    private const string FailingOnce = """
        {"commands":[{"op":"step","name":"a","input":1,"failTimes":1},
          {"op":"sleep","millis":1},{"op":"step","name":"b"}]}
        """;

    private static readonly ObservedExecution Sound = new()
    {
        Id = Id,
        Workflow = "scripted",
        Key = "k",
        State = "completed",
        Epoch = 3,
        Crashes = 1,
        Input = Input,
        Output = """["A",null,"B"]""",
        StartedMicros = 100,
        CrashHistory = [(1, 1_500)],
        Recorded = [new("a", 1, 1, "completed", ""), new("b", 1, 3, "completed", "")],
        Entries =
        [
            new() { Seq = 0, Kind = "input", Epoch = 0, AtMicros = 90, Fingerprint = "0" },
            Step(1, "a", epoch: 1, at: 200, hash: "aa"),
            new()
            {
                Seq = 2, Kind = "sleep", Key = "sleep", Epoch = 1, AtMicros = 1_200, Position = 1, ForMicros = 1_000,
                Fingerprint = "2",
            },
            Step(3, "b", epoch: 3, at: 2_000, hash: "bb"),
            new() { Seq = 4, Kind = "terminal", Epoch = 3, State = "completed", AtMicros = 2_000, Fingerprint = "4" },
        ],
    };

    private static readonly History Run = new()
    {
        Starts =
        [
            new("k", "scripted", Input, StartOutcome.Unknown, null),
            new("k", "scripted", Input, StartOutcome.Acknowledged, Id),
            new("k", "scripted", "{}", StartOutcome.Conflict, null),
        ],
        Executions = [Sound],
        Samples =
        [
            Sound with { State = "running", Epoch = 1, Entries = [.. Sound.Entries.Take(2)] },
            Sound with { State = "running", Entries = [.. Sound.Entries.Take(3)] },
        ],
        Effects =
        [
            Begin("a", epoch: 1, at: 150),
            End("a", epoch: 1, hash: "aa"),
            Begin("b", epoch: 1, at: 1_300), // Cut off by the crash.
            Begin("b", epoch: 3, at: 1_900),
            End("b", epoch: 3, hash: "bb"),
        ],
        Results = [new(Id, "completed", """["A",null,"B"]""")],
    };

    [Fact]
    public void A_sound_history_passes() => Assert.Empty(Oracle.Judge(Run));

    [Fact]
    public void S1_finds_a_start_that_was_lost() => Finds("S1", Run with { Executions = [], Samples = [] });

    [Fact]
    public void S1_finds_another_input_than_was_submitted() => Finds("S1", With(Sound with { Input = "{}" }));

    [Fact]
    public void S1_finds_an_execution_that_nobody_started() =>
        Finds("S1", Run with { Executions = [Sound, Sound with { Id = Other, Key = null }] });

    [Fact]
    public void S2_finds_two_executions_with_one_key() =>
        Finds("S2", Run with { Executions = [Sound, Sound with { Id = Other }] });

    [Fact]
    public void S2_finds_equal_starts_that_got_different_executions() => Finds("S2", Run with
    {
        Starts = [.. Run.Starts, new("k", "scripted", Input, StartOutcome.Acknowledged, Other)],
    });

    [Fact]
    public void S2_finds_different_starts_that_were_both_acknowledged() => Finds("S2", Run with
    {
        Starts = [.. Run.Starts, new("k", "scripted", "{}", StartOutcome.Acknowledged, Id)],
    });

    [Fact]
    public void S2_finds_a_conflict_without_a_rival() => Finds("S2", Run with
    {
        Starts = [Run.Starts[1], new("k", "scripted", Input, StartOutcome.Conflict, null)],
    });

    [Fact]
    public void S3_finds_a_gap() => Finds("S3", With(Without(Sound, seq: 2)));

    [Fact]
    public void S3_finds_a_seq_that_is_there_twice() =>
        Finds("S3", With(Sound with { Entries = [.. Sound.Entries.Take(2), .. Sound.Entries.Skip(1)] }));

    [Fact]
    public void S3_finds_an_outcome_that_changed_between_two_readings() =>
        Finds("S3", With(Change(Sound, 1, entry => entry with { Fingerprint = "changed" })));

    [Fact]
    public void S3_finds_an_outcome_that_has_gone() => Finds("S3", Run with
    {
        Samples = [Sound with { Entries = [.. Sound.Entries, Step(5, "c", epoch: 3, at: 3_000, hash: "cc")] }],
    });

    [Fact]
    public void S4_finds_a_body_that_ran_again_under_a_later_epoch() =>
        Finds("S4", Run with { Effects = [.. Run.Effects, Begin("a", epoch: 3, at: 1_800)] });

    [Fact]
    public void S4_finds_another_attempt_after_the_outcome_under_the_same_epoch() =>
        Finds("S4", Run with { Effects = [.. Run.Effects, Begin("b", epoch: 3, at: 2_100, attempt: 2)] });

    [Fact]
    public void S4_finds_a_body_that_ran_twice_in_one_epoch() =>
        Finds("S4", Run with { Effects = [.. Run.Effects, Begin("b", epoch: 3, at: 1_950)] });

    [Fact]
    public void S4_finds_an_old_number_after_the_outcome_was_set_aside()
    {
        var superseded = Change(
            Sound, 1, entry => entry with { State = "failed", Superseded = true, ValueHash = null }) with
        {
            Input = FailingOnce,
            Recorded = [new("a", 1, 1, "failed", "1"), new("b", 1, 3, "completed", "")],
        };
        var counting = Run with
        {
            Starts = [new("k", "scripted", FailingOnce, StartOutcome.Acknowledged, Id)],
            Executions = [superseded],
            Samples = [],
            Effects =
            [
                .. Run.Effects.Select(effect => effect.Step == "a" ? effect with { Input = "1" } : effect),
                EndFailed("a", epoch: 1, attempt: 1),
                Begin("a", epoch: 3, at: 1_800, attempt: 2) with { Input = "1" },
            ],
        };

        Assert.Empty(Oracle.Judge(counting));
        Finds("S4", counting with { Effects = [.. Run.Effects, Begin("a", epoch: 3, at: 1_800, attempt: 1)] });
    }

    [Fact]
    public void S4_finds_an_owner_that_goes_on_after_it_was_replaced()
    {
        // One body may have been in hand when the owner was replaced, for the script runs one at a time.
        var zombie = Run with { Effects = [.. Run.Effects, Begin("x", epoch: 1, at: 1_400)] };

        Assert.Empty(Oracle.Judge(zombie));
        Finds("S4", zombie with { Effects = [.. zombie.Effects, Begin("y", epoch: 1, at: 1_450)] });
    }

    [Fact]
    public void S4_allows_as_many_bodies_in_hand_as_there_are_branches()
    {
        const string Two = """
            {"commands":[{"op":"parallel","branches":[[{"op":"step","name":"a"}],[{"op":"step","name":"b"}]]}]}
            """;
        var zombie = Run with
        {
            Starts = [new("k", "scripted", Two, StartOutcome.Acknowledged, Id)],
            Executions = [Sound with { Input = Two }],
            Effects = [.. Run.Effects, Begin("x", epoch: 1, at: 1_600), Begin("y", epoch: 1, at: 1_600)],
        };

        Assert.Empty(Oracle.Judge(zombie));
        Finds("S4", zombie with { Effects = [.. zombie.Effects, Begin("z", epoch: 1, at: 1_600)] });
    }

    [Fact]
    public void S5_finds_epochs_that_go_back() =>
        Finds("S5", With(Change(Sound, 4, entry => entry with { Epoch = 1, AtMicros = 1_400 })));

    [Fact]
    public void S5_finds_an_epoch_that_was_never_claimed() =>
        Finds("S5", With(Change(Sound, 4, entry => entry with { Epoch = 4 })));

    [Fact]
    public void S5_finds_a_write_after_the_end_of_its_epoch_was_noticed() =>
        Finds("S5", With(Change(Sound, 2, entry => entry with { AtMicros = 1_501 })));

    [Fact]
    public void S5_finds_a_write_of_an_old_epoch_that_a_reader_of_the_new_one_missed() => Finds("S5", Run with
    {
        Samples = [Sound with { State = "running", Epoch = 3, Entries = [.. Sound.Entries.Take(2)] }],
    });

    [Fact]
    public void S5_finds_an_execution_whose_epoch_went_back() =>
        Finds("S5", Run with { Samples = [Sound with { Epoch = 4 }] });

    [Fact]
    public void S6_finds_a_result_that_no_body_made() =>
        Finds("S6", Run with { Effects = [.. Run.Effects.Where(effect => effect.Step != "a" || effect.Begins)] });

    [Fact]
    public void S6_finds_another_value_than_the_body_made() =>
        Finds("S6", With(Change(Sound, 1, entry => entry with { ValueHash = "zz" })));

    [Fact]
    public void S6_finds_the_value_of_another_epoch()
    {
        SideEffect[] effects = [.. Run.Effects.Take(4), End("b", epoch: 1, hash: "bb")];

        Finds("S6", Run with { Effects = effects });
    }

    [Fact]
    public void S6_finds_a_success_whose_body_failed() => Finds("S6", Run with
    {
        Effects = [.. Run.Effects.Select(effect => effect.Begins ? effect : effect with { Ok = false })],
    });

    [Fact]
    public void S9_finds_two_ends() => Finds("S9", With(Sound with
    {
        Entries = [.. Sound.Entries, Sound.Entries[4] with { Seq = 5, Fingerprint = "5" }],
    }));

    [Fact]
    public void S9_finds_something_after_the_end() => Finds("S9", With(Sound with
    {
        Entries = [.. Sound.Entries, new() { Seq = 5, Kind = "foreign", Epoch = 3, AtMicros = 2_001 }],
    }));

    [Fact]
    public void S9_finds_an_end_without_its_entry() => Finds("S9", With(Without(Sound, seq: 4)));

    [Fact]
    public void S9_finds_an_end_that_the_state_denies() =>
        Finds("S9", With(Sound with { State = "running" }) with { Results = [] });

    [Fact]
    public void S9_finds_an_end_that_changed() =>
        Finds("S9", Run with { Samples = [Sound with { State = "failed" }] });

    [Fact]
    public void S9_finds_readers_that_got_different_results() =>
        Finds("S9", Run with { Results = [.. Run.Results, new(Id, "completed", "[]")] });

    [Fact]
    public void S10_finds_a_timer_that_fired_early() =>
        Finds("S10", With(Change(Sound, 2, entry => entry with { AtMicros = 1_199 })));

    [Fact]
    public void S10_finds_a_timer_that_fired_twice() => Finds("S10", With(Sound with
    {
        Entries =
        [
            .. Sound.Entries.Take(4),
            Sound.Entries[2] with { Seq = 4, Epoch = 3, AtMicros = 3_000 },
            Sound.Entries[4] with { Seq = 5, AtMicros = 3_000 },
        ],
    }) with
    { Samples = [] });

    [Fact]
    public void S10_counts_from_what_the_attempt_had_been_told()
    {
        // The first attempt failed at seq 1; in the second, seq 4 is the outcome before the sleep.
        var again = Sound with
        {
            Input = FailingOnce,
            Attempt = 2,
            Crashes = 0,
            CrashHistory = [],
            Entries =
            [
                Sound.Entries[0],
                Step(1, "a", epoch: 1, at: 200, hash: null) with { State = "failed", Superseded = true },
                new() { Seq = 2, Kind = "attemptFailed", Epoch = 1, AtMicros = 201, TruncateAt = 1, Carried = [1] },
                new() { Seq = 3, Kind = "attemptStarted", Epoch = 3, AtMicros = 300 },
                Step(4, "a", epoch: 3, at: 400, hash: "aa") with { Attempt = 2 },
                Sound.Entries[2] with { Seq = 5, Epoch = 3, Position = 2, AtMicros = 1_400 },
                Step(6, "b", epoch: 3, at: 2_000, hash: "bb"),
                Sound.Entries[4] with { Seq = 7 },
            ],
            Recorded =
            [
                new("a", 1, 1, "failed", "1"),
                new("a", 2, 3, "completed", "1"),
                new("b", 1, 3, "completed", ""),
            ],
        };
        var run = With(again) with
        {
            Starts = [new("k", "scripted", FailingOnce, StartOutcome.Acknowledged, Id)],
            Samples = [],
            Effects =
            [
                Begin("a", epoch: 1, at: 150) with { Input = "1" },
                EndFailed("a", epoch: 1, attempt: 1),
                Begin("a", epoch: 3, at: 350, attempt: 2) with { Input = "1" },
                End("a", epoch: 3, hash: "aa") with { Attempt = 2 },
                Begin("b", epoch: 3, at: 1_900),
                End("b", epoch: 3, hash: "bb"),
            ],
        };

        Assert.Empty(Oracle.Judge(run));
        Finds("S10", run with { Executions = [Change(again, 5, entry => entry with { AtMicros = 1_399 })] });
    }

    private static void Finds(string invariant, History history)
    {
        var violations = Oracle.Judge(history);

        Assert.Contains(violations, violation => violation.Invariant == invariant);
    }

    private static History With(ObservedExecution execution) => Run with { Executions = [execution] };

    private static ObservedExecution Without(ObservedExecution execution, long seq) =>
        execution with { Entries = [.. execution.Entries.Where(entry => entry.Seq != seq)] };

    private static ObservedExecution Change(
        ObservedExecution execution, long seq, Func<ObservedEntry, ObservedEntry> change) => execution with
        {
            Entries = [.. execution.Entries.Select(entry => entry.Seq == seq ? change(entry) : entry)],
        };

    private static ObservedEntry Step(long seq, string key, long epoch, long at, string? hash) => new()
    {
        Seq = seq,
        Kind = "step",
        Key = key,
        Attempt = 1,
        Epoch = epoch,
        State = "completed",
        ValueHash = hash,
        AtMicros = at,
        Fingerprint = $"{seq}",
    };

    private static SideEffect Begin(string step, long epoch, long at, int attempt = 1) => new()
    {
        Execution = Id,
        Step = step,
        Attempt = attempt,
        Epoch = epoch,
        Phase = "begin",
        UnixMicros = at,
    };

    private static SideEffect End(string step, long epoch, string hash) => new()
    {
        Execution = Id,
        Step = step,
        Attempt = 1,
        Epoch = epoch,
        Phase = "end",
        Ok = true,
        ValueHash = hash,
    };
}
