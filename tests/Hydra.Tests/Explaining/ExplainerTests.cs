using Hydra.Engine;
using Hydra.Engine.Explaining;
using Hydra.Storage;

namespace Hydra.Tests.Explaining;

/// <summary>What is decided from facts that are hard to bring about.</summary>
public class ExplainerTests
{
    private static readonly Instant Now = Instant.From(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    private static RefusalRow Refusal =>
        new("b1", EngineJson.Write(new Failure("Mismatch", "expected a, found b")), In(-60));

    [Fact]
    public void It_is_quarantined_after_crashes()
    {
        var why = Explain(
            Row(ExecutionState.Blocked) with
            {
                BlockedReason = BlockedReason.Quarantined,
                Crashes = 12,
                BarrenCrashes = 11,
                SoleSuspectCrashes = 10,
                Requests = ExecutionRequests.Cancel,
            },
            facts => facts with { Crashes = [Crash(3), Crash(5)], Refusals = [Refusal] });

        Assert.Equal(WhyReason.Quarantined, why.Reason);
        Assert.Null(why.Failure); // What a build found before it is not why.
        Assert.Equal(
            [
                "It is quarantined: it crashed its worker 11 times in a row without getting further, 10 of them as the "
                    + "only suspect there.",
                "It has lost its worker 2 times, last worker 'w1', noticed 2026-01-01 11:59:50Z (10 s ago).",
                "Once the cause is mended, retry it; its crashes then count from zero.",
                "Somebody asked to cancel it, which its code cannot hear while nobody runs it; terminating ends it.",
            ],
            why.Text);
    }

    [Fact]
    public void It_is_delayed_after_a_crash()
    {
        var row = Row(ExecutionState.Pending) with { DueAt = In(30), Epoch = 4, Crashes = 3, BarrenCrashes = 3 };

        var why = Explain(row, facts => facts with { Crashes = [Crash(3)] });

        Assert.Equal((WhyReason.AfterCrash, (Instant?)In(30)), (why.Reason, why.Until));
        Assert.StartsWith("It has crashed its worker 3 times without", why.Text[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_suspect_waits_for_its_turn()
    {
        var row = Row(ExecutionState.Pending) with { DueAt = In(-1), BarrenCrashes = 2 };
        var other = Row(ExecutionState.Running) with { Owner = new SessionId(1), BarrenCrashes = 2 };

        Assert.Equal(WhyReason.SuspectTurn, Explain(row, facts => facts with
        {
            Sessions = [Session(1, "test")],
            Owned = [other],
        }).Reason);
        Assert.Equal(WhyReason.Due, Explain(row, facts => facts with
        {
            Sessions = [Session(1, "test"), Session(2, "test")],
            Owned = [other],
        }).Reason);
    }

    [Fact]
    public void Slots_of_workers_that_do_not_know_the_workflow_do_not_count()
    {
        var why = Explain(Row(ExecutionState.Pending) with { DueAt = In(-1) }, facts => facts with
        {
            Sessions = [Session(1, "test"), Session(2, "other"), Session(3, "test") with { ExpiresAt = In(-1) }],
            Owned = [Row(ExecutionState.Running) with { Owner = new SessionId(2) }],
        });

        Assert.Equal((WhyReason.Due, 10, 0), (why.Reason, why.Slots, why.SlotsInUse));
        Assert.Equal(2, why.LiveWorkers.Count);
    }

    [Fact]
    public void Another_live_build_frees_what_one_refused()
    {
        var row = Row(ExecutionState.Blocked) with { BlockedReason = BlockedReason.Mismatch };

        var alone = Explain(row, facts => facts with { Refusals = [Refusal], Sessions = [Session(1, "test")] });
        var freed = Explain(row, facts => facts with
        {
            Refusals = [Refusal],
            Sessions = [Session(1, "test") with { Build = "b2" }],
        });

        Assert.Equal("Build b1 refused it 2026-01-01 11:59:00Z (1 min ago): expected a, found b", alone.Text[1]);
        Assert.StartsWith("The live workers are of the same build.", alone.Text[2], StringComparison.Ordinal);
        Assert.Equal("Build b2 is live and has not refused it: it tries within its poll interval.", freed.Text[2]);
    }

    [Theory]
    [InlineData(ExecutionState.Failed, "It has failed: 2026-01-01 11:59:58Z (2 s ago), 8 s after it began.")]
    [InlineData(ExecutionState.Cancelled, "It was cancelled: 2026-01-01 11:59:58Z (2 s ago), 8 s after it began.")]
    [InlineData(
        ExecutionState.TimedOut,
        "Its timeout has passed, and it has ended: 2026-01-01 11:59:58Z (2 s ago), 8 s after it began.")]
    public void It_has_ended_with_a_failure(ExecutionState state, string text)
    {
        var end = new JournalEntry
        {
            Seq = 1,
            Kind = EntryKind.Terminal,
            Failed = true,
            Output = EngineJson.Write(new Failure("Broken", "It\nbroke.")),
            At = Now,
            Epoch = 1,
        };

        var why = Explain(Row(state) with { FinishedAt = In(-2) }, facts => facts with { LastEntry = end });

        Assert.Equal(WhyReason.Ended, why.Reason);
        Assert.Equal([text, "In attempt 1 of 3: Broken: It broke."], why.Text);
    }

    [Fact]
    public void A_long_message_is_cut_between_characters_and_never_in_one()
    {
        var rest = new string('x', 300);
        foreach (var before in new[] { 197, 198, 199 })
        {
            var end = new JournalEntry
            {
                Seq = 1,
                Kind = EntryKind.Terminal,
                Failed = true,
                Output = EngineJson.Write(new Failure("Broken", new string('a', before) + "\U0001F600" + rest)),
                At = Now,
                Epoch = 1,
            };

            var text = Explain(
                Row(ExecutionState.Failed) with { FinishedAt = In(-2) },
                facts => facts with { LastEntry = end }).Text[1];

            Assert.True(text.IsNormalized()); // Which throws for half of a character.
            Assert.EndsWith(before == 197 ? "a\U0001F600…" : "a…", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(ExecutionState.Paused, WhyReason.Paused)]
    [InlineData(ExecutionState.Waiting, WhyReason.Waiting)]
    [InlineData(ExecutionState.Sleeping, WhyReason.Sleeping)]
    public void What_is_held_back_says_so(ExecutionState state, WhyReason reason)
    {
        var row = Row(state) with { DueAt = Instant.Never, Requests = ExecutionRequests.Cancel };

        var why = Explain(row, facts => facts);

        Assert.Equal((reason, null), (why.Reason, why.Until));
        Assert.Equal("Somebody asked to cancel it; its code has not heard of it yet.", why.Text[^1]);
    }

    [Fact]
    public void Who_may_not_read_what_is_recorded_is_told_so_and_nothing_that_may_be_wrong()
    {
        Explanation ExplainPartly(ExecutionRow row) => Explain(row, facts => facts with
        {
            IsPartial = true,
            Sessions = [Session(7, "test")],
        });
        var blocked = ExplainPartly(Row(ExecutionState.Blocked));
        var running = ExplainPartly(Row(ExecutionState.Running));
        var sleeping = ExplainPartly(Row(ExecutionState.Sleeping) with { DueAt = In(30), WaitsFor = "charge" });
        var due = ExplainPartly(Row(ExecutionState.Pending) with { DueAt = In(-1) });
        var failed = ExplainPartly(Row(ExecutionState.Failed) with { FinishedAt = Now });

        Assert.Equal("It is blocked: no build that tried can go on with it.", Assert.Single(blocked.Text.SkipLast(1)));
        Assert.DoesNotContain("No step of it", running.ToString(), StringComparison.Ordinal);
        Assert.Contains("waits for another try at a step ('charge')", sleeping.Text[0], StringComparison.Ordinal);
        Assert.EndsWith("unless its build has refused it.", due.Text[0], StringComparison.Ordinal);
        Assert.All(
            new[] { blocked, running, sleeping, due, failed },
            static why => Assert.Contains("may not read what is recorded", why.Text[^1], StringComparison.Ordinal));
    }

    [Fact]
    public void Every_state_is_explained_in_words()
    {
        foreach (var state in Enum.GetValues<ExecutionState>())
        {
            foreach (var due in new[] { In(-1), In(60), Instant.Never })
            {
                var row = Row(state) with { DueAt = due, FinishedAt = state.IsTerminal() ? Now : null };
                Assert.NotEmpty(Explain(row, facts => facts).Text);
            }
        }
    }

    [Theory]
    [InlineData(-1, "0 s")]
    [InlineData(0.25, "250 ms")]
    [InlineData(1.26, "1.3 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(3_661, "1 h 1 min")]
    [InlineData(90_000, "1 d 1 h")]
    [InlineData(78_894_000, "2.5 years")]
    public void Spans_are_said_in_the_units_that_matter(double seconds, string text) =>
        Assert.Equal(text, Spans.Say(TimeSpan.FromSeconds(seconds)));

    private static Instant In(int seconds) => Now.Plus(TimeSpan.FromSeconds(seconds));

    private static CrashRow Crash(long epoch) => new(epoch, new SessionId(9), "w1", In(-10));

    private static ExecutionRow Row(ExecutionState state) => new()
    {
        Id = ExecutionId.Create(1, 2, 3),
        Workflow = "test",
        State = state,
        Owner = state == ExecutionState.Running ? new SessionId(7) : SessionId.None,
        MaxAttempts = 3,
        Epoch = 1,
        CreatedAt = In(-20),
        StartedAt = In(-10),
    };

    private static SessionRow Session(long id, string workflow) => new()
    {
        Id = new SessionId(id),
        Worker = $"w{id}",
        Build = "b1",
        Workflows = [workflow],
        Concurrency = 10,
        HeartbeatInterval = TimeSpan.FromSeconds(3),
        ClaimTimeout = TimeSpan.FromSeconds(15),
        ExpiresAt = In(10),
    };

    private static Explanation Explain(ExecutionRow row, Func<Facts, Facts> change) => Explainer.Explain(change(
        new Facts { Namespace = "tests", Now = Now, Row = row, Sessions = [] }));
}
