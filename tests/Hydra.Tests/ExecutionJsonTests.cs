using System.Text;
using System.Text.Json;
using Hydra.Engine;
using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Tests;

/// <summary>The JSON of an execution is a contract with tools outside of this repository.</summary>
public class ExecutionJsonTests
{
    private static readonly ExecutionId Id = ExecutionId.Parse("0199a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d", null);

    private static readonly ExecutionRow Row = new()
    {
        Id = Id,
        Workflow = "order",
        Key = "order-1",
        State = ExecutionState.TimedOut,
        Epoch = 7,
        Attempt = 2,
        MaxAttempts = 3,
        Crashes = 1,
        CreatedAt = At(0),
        StartedAt = At(1),
        FinishedAt = At(9),
        Deadline = At(9),
    };

    [Fact]
    public void The_row_has_its_names_states_and_times()
    {
        var json = Read(new ExecutionDetails("shop", Row, [Input()], [], [], []));

        Assert.Equal(Id.ToString(), json.GetProperty("id").GetString());
        Assert.Equal("order", json.GetProperty("workflow").GetString());
        Assert.Equal("order-1", json.GetProperty("key").GetString());
        Assert.Equal("shop", json.GetProperty("namespace").GetString());
        Assert.Equal("timedOut", json.GetProperty("state").GetString());
        Assert.Equal("normal", json.GetProperty("priority").GetString());
        Assert.Equal(2, json.GetProperty("attempt").GetInt32());
        Assert.Equal(1, json.GetProperty("crashes").GetInt32());
        Assert.Equal(7, json.GetProperty("epoch").GetInt64());
        Assert.Equal("2025-10-09T08:53:20.000001Z", json.GetProperty("startedAt").GetString());
        Assert.Equal("2025-10-09T08:53:20.000009Z", json.GetProperty("deadline").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("dueAt").ValueKind);
        Assert.Equal("""{"number":1.50}""", json.GetProperty("input").GetRawText());
    }

    [Fact]
    public void What_waits_has_its_due_time_and_what_waits_for_no_time_has_none()
    {
        var sleeping = Row with { State = ExecutionState.Sleeping, DueAt = At(5), FinishedAt = null };
        var waiting = sleeping with { State = ExecutionState.Waiting, DueAt = Instant.Never };

        Assert.Equal("2025-10-09T08:53:20.000005Z", Read(sleeping).GetProperty("dueAt").GetString());
        Assert.Equal(JsonValueKind.Null, Read(waiting).GetProperty("dueAt").ValueKind);
        Assert.Equal(JsonValueKind.Null, Read(waiting).GetProperty("finishedAt").ValueKind);
    }

    [Fact]
    public void An_end_with_an_output_has_no_failure_and_the_reverse()
    {
        var completed = Read(Details(Input(), Entry(1, EntryKind.Terminal) with { Output = Json("[1]") }));
        var failed = Read(Details(
            Input(),
            Entry(1, EntryKind.Terminal) with
            {
                Failed = true,
                Output = EngineJson.Write(new Failure("Outer", "out", "at A", [new Failure("Inner", "in")])),
            }));

        Assert.Equal("[1]", completed.GetProperty("output").GetRawText());
        Assert.Equal(JsonValueKind.Null, completed.GetProperty("failure").ValueKind);
        Assert.Equal(JsonValueKind.Null, failed.GetProperty("output").ValueKind);
        var failure = failed.GetProperty("failure");
        Assert.Equal(["type", "message", "stack", "inner", "nonRetryable"], Names(failure));
        Assert.Equal("at A", failure.GetProperty("stack").GetString());
        Assert.Equal(
            """{"type":"Inner","message":"in","stack":null,"inner":[],"nonRetryable":false}""",
            failure.GetProperty("inner")[0].GetRawText());
    }

    [Fact]
    public void Steps_stand_in_the_order_in_which_their_bodies_began()
    {
        var value = Json("""{"a":1}""");
        var json = Read(Details(
            Input(),
            Entry(1, EntryKind.Step, "late") with { StartedAt = At(4), Output = value, Worker = "w", Attempt = 2 },
            Entry(2, EntryKind.Step, "early") with { StartedAt = At(2), Failed = true, Output = Failed("no") }));

        var steps = json.GetProperty("steps");
        Assert.Equal(["early", "late"], Strings(steps, "key"));
        Assert.Equal(["failed", "completed"], Strings(steps, "state"));
        Assert.Equal("no", steps[0].GetProperty("failure").GetProperty("message").GetString());
        Assert.Equal(JsonValueKind.Null, steps[0].GetProperty("valueHash").ValueKind);
        Assert.Equal(1, steps[1].GetProperty("seq").GetInt64());
        Assert.Equal(2, steps[1].GetProperty("attempt").GetInt32());
        Assert.Equal("""{"a":1}""", steps[1].GetProperty("output").GetRawText());
        Assert.Equal(value.HashText, steps[1].GetProperty("valueHash").GetString());
        Assert.Equal("w", steps[1].GetProperty("worker").GetString());
        Assert.Equal("2025-10-09T08:53:20.000004Z", steps[1].GetProperty("startedAt").GetString());
        Assert.Equal("2025-10-09T08:53:20.000001Z", steps[1].GetProperty("finishedAt").GetString());
    }

    [Fact]
    public void Tries_without_an_outcome_have_no_seq()
    {
        var running = Row with { State = ExecutionState.Running, Epoch = 3 };
        StepTry[] tries =
        [
            Try("a", 1, epoch: 1, TryPhase.Started), // Failed, as the next row says.
            Try("a", 1, epoch: 1, TryPhase.Failed) with { Failure = Failed("no"), EndedAt = At(3) },
            Try("a", 2, epoch: 2, TryPhase.Started), // Its process died.
            Try("a", 2, epoch: 3, TryPhase.Started), // Completed, as the journal says.
            Try("b", 1, epoch: 3, TryPhase.Started),
            Try("c", 1, epoch: 3, TryPhase.Abandoned),
        ];
        JournalEntry[] journal = [Input(), Entry(1, EntryKind.Step, "a") with { Attempt = 2, Epoch = 3 }];

        var steps = Read(new ExecutionDetails("default", running, journal, tries, [], [])).GetProperty("steps");

        Assert.Equal(
            ["a 1 1 failed", "a 2 2 interrupted", "a 2 3 completed", "b 1 3 running", "c 1 3 abandoned"],
            steps.EnumerateArray().Select(step => $"{step.GetProperty("key")} {step.GetProperty("attempt")} "
                + $"{step.GetProperty("epoch")} {step.GetProperty("state")}").Order());
        Assert.Equal(1, steps.EnumerateArray().Count(step => step.GetProperty("seq").ValueKind != JsonValueKind.Null));
    }

    [Fact]
    public void What_a_failed_attempt_carried_is_superseded_and_what_it_left_is_delivered_again()
    {
        var json = Read(Details(
            Input(),
            Entry(1, EntryKind.Step, "fails") with { Failed = true, Output = Failed("no") },
            Entry(2, EntryKind.Step, "lands") with { Output = Json("2") },
            Entry(3, EntryKind.AttemptFailed) with
            {
                Input = EngineJson.Write(new AttemptEnd(1, [1], 1)),
                Output = Failed("no"),
            },
            Entry(4, EntryKind.AttemptStarted) with { Attempt = 2 },
            Entry(5, EntryKind.Step, "lands") with { Output = Json("2"), OriginSeq = 2 },
            Entry(6, EntryKind.Step, "fails") with { Attempt = 4, Output = Json("1") }));

        var steps = json.GetProperty("steps").EnumerateArray().ToList();
        Assert.Equal([(1, true, 1), (2, false, 1), (6, false, 2)], steps.Select(step => (
            step.GetProperty("seq").GetInt32(),
            step.GetProperty("superseded").GetBoolean(),
            step.GetProperty("executionAttempt").GetInt32())));
        var timeline = json.GetProperty("timeline");
        Assert.Equal(["input", "attemptFailed", "attemptStarted", "redelivered"], Strings(timeline, "kind"));
        Assert.Equal("[1]", timeline[1].GetProperty("carried").GetRawText());
        Assert.Equal(1, timeline[1].GetProperty("truncateAt").GetInt64());
        Assert.Equal(2, timeline[3].GetProperty("originSeq").GetInt64());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("failure").ValueKind);
    }

    [Fact]
    public void A_damaged_journal_is_shown_as_far_as_it_can_be_read_and_says_what_cannot()
    {
        var empty = Read(new ExecutionDetails("default", Row, [], [], [], []));
        var unreadable = Read(Details(
            Input(),
            Entry(1, EntryKind.Step, "x") with { Output = Json("1") },
            Entry(2, EntryKind.AttemptFailed) with { Attempt = 1, Input = Json("not JSON"), Output = Failed("no") },
            Entry(3, EntryKind.AttemptFailed) with { Attempt = 2, Input = Json("{}") },
            Entry(4, (EntryKind)42)));
        var sound = Read(Details(Input()));

        Assert.Equal("order-1", empty.GetProperty("key").GetString());
        Assert.Equal(JsonValueKind.Null, empty.GetProperty("input").ValueKind);
        Assert.Contains("does not begin with the input", Problems(empty).Single(), StringComparison.Ordinal);
        Assert.Equal("1", unreadable.GetProperty("steps")[0].GetProperty("output").GetRawText());
        var failed = unreadable.GetProperty("timeline")[1];
        Assert.Equal(1, failed.GetProperty("attempt").GetInt32());
        Assert.Equal(JsonValueKind.Null, failed.GetProperty("truncateAt").ValueKind);
        Assert.Equal("no", failed.GetProperty("failure").GetProperty("message").GetString());
        Assert.Equal(["seq 2", "seq 3", "seq 4"], Problems(unreadable).Select(text =>
            text[text.IndexOf("seq ", StringComparison.Ordinal)..][..5]));
        Assert.False(sound.TryGetProperty("problems", out _));
    }

    [Fact]
    public void A_result_that_was_delivered_again_and_then_carried_away_supersedes_where_it_came_from()
    {
        var json = Read(Details(
            Input(),
            Entry(1, EntryKind.Step, "x") with { Failed = true, Output = Failed("no") },
            Entry(2, EntryKind.Step, "y") with { Failed = true, Output = Failed("neither") },
            Entry(3, EntryKind.AttemptFailed) with { Input = EngineJson.Write(new AttemptEnd(1, [1], 1)) },
            Entry(4, EntryKind.Step, "y") with { Failed = true, Output = Failed("neither"), OriginSeq = 2 },
            Entry(5, EntryKind.AttemptFailed) with { Input = EngineJson.Write(new AttemptEnd(4, [4], 2)) }));

        var steps = json.GetProperty("steps").EnumerateArray();
        Assert.All(steps, step => Assert.True(step.GetProperty("superseded").GetBoolean()));
    }

    [Fact]
    public void Sleeps_crashes_and_refusals_are_told()
    {
        var json = Read(new ExecutionDetails(
            "default",
            Row with { State = ExecutionState.Blocked, BlockedReason = BlockedReason.Mismatch },
            [Input(), Entry(1, EntryKind.Sleep, "sleep") with { Position = 0, Input = Json("""{"forMicros":5}""") }],
            [],
            [new CrashRow(3, new SessionId(255), "w1", At(4))],
            [new RefusalRow("build-1", Failed("other code"), At(5))]));

        Assert.Equal("mismatch", json.GetProperty("blockedReason").GetString());
        var sleep = json.GetProperty("timeline")[1];
        Assert.Equal(("sleep", 5), (
            sleep.GetProperty("kind").GetString(), sleep.GetProperty("input").GetProperty("forMicros").GetInt64()));
        Assert.Equal(
            """{"epoch":3,"worker":"w1","session":"00000000000000ff","at":"2025-10-09T08:53:20.000004Z"}""",
            Assert.Single(json.GetProperty("crashHistory").EnumerateArray()).GetRawText());
        var refusal = Assert.Single(json.GetProperty("refusals").EnumerateArray());
        Assert.Equal("other code", refusal.GetProperty("difference").GetProperty("message").GetString());
    }

    [Fact]
    public void A_payload_that_is_no_plain_JSON_shows_what_it_is()
    {
        var binary = Payload.Create([1, 2, 3], "image/png");
        var broken = Payload.Create("{"u8);

        var json = Read(Details(
            Input() with { Input = binary },
            Entry(1, EntryKind.Step, "a") with { Output = broken }));

        Assert.Equal(
            """{"contentType":"image/png","codec":0,"bytes":3}""", json.GetProperty("input").GetRawText());
        Assert.Equal(
            """{"contentType":"application/json","codec":0,"bytes":1}""",
            json.GetProperty("steps")[0].GetProperty("output").GetRawText());
    }

    [Theory]
    [InlineData("""{"a":"\ud800"}""", 14)]
    [InlineData("""[{"b":[1,"x"],"\udc00":1}]""", 26)]
    public void A_payload_that_only_looks_like_JSON_shows_what_it_is_too(string text, int bytes)
    {
        var envelope = $$"""{"contentType":"application/json","codec":0,"bytes":{{bytes}}}""";
        var masked = Payload.CreateSensitive(Encoding.UTF8.GetBytes(text), "c"u8, version: 0);

        var json = Read(Details(
            Input() with { Input = Json(text) },
            Entry(1, EntryKind.Step, "a") with { Output = masked },
            Entry(2, EntryKind.Step, "b") with { Output = Json("{\"a\":1}") }));

        Assert.Equal(envelope, json.GetProperty("input").GetRawText());
        Assert.Equal(envelope, json.GetProperty("steps")[0].GetProperty("output").GetRawText());
        Assert.Equal("""{"a":1}""", json.GetProperty("steps")[1].GetProperty("output").GetRawText());
        Assert.Equal("[sensitive]", PayloadText.Of(masked));
        Assert.Null(PayloadText.Read(Json(text)));
        Assert.Null(PayloadText.Read(masked));
        Assert.Null(new ValueFinder(JsonElement.Parse("1"), path: null).Find(Json(text)));
    }

    [Fact]
    public void A_value_written_by_the_engine_stands_there_with_the_very_bytes_that_its_hash_is_of()
    {
        var serializer = new PayloadSerializer(JsonSerializerOptions.Web, new Limits());
        var value = serializer.Write(new { Text = "naïve <b> \u2028 'x'", Number = 1.50m }, "A value");

        var json = Read(Details(Input(), Entry(1, EntryKind.Step, "a") with { Output = value }));

        var step = json.GetProperty("steps")[0];
        var shown = Encoding.UTF8.GetBytes(step.GetProperty("output").GetRawText());
        Assert.Equal(step.GetProperty("valueHash").GetString(), Payload.ComputeHashText(shown));
    }

    private static JsonElement Read(ExecutionDetails details) => JsonElement.Parse(ExecutionJson.Format(details));

    private static JsonElement Read(ExecutionRow row) =>
        Read(new ExecutionDetails("default", row, [Input()], [], [], []));

    private static ExecutionDetails Details(params JournalEntry[] journal) => new("default", Row, journal, [], [], []);

    private static JournalEntry Input() =>
        Entry(0, EntryKind.Input) with { Input = Json("""{"number":1.50}"""), Epoch = 0 };

    private static JournalEntry Entry(long seq, EntryKind kind, string key = "") => new()
    {
        Seq = seq,
        Kind = kind,
        Key = key,
        At = At(seq),
        StartedAt = At(seq),
        Attempt = 1,
        Epoch = 1,
    };

    private static StepTry Try(string key, int attempt, long epoch, TryPhase phase) => new()
    {
        Key = key,
        Attempt = attempt,
        Epoch = epoch,
        Phase = phase,
        ExecutionAttempt = 1,
        StartedAt = At(epoch),
    };

    private static Payload Json(string text) => Payload.Create(Encoding.UTF8.GetBytes(text));

    private static Payload Failed(string message) => EngineJson.Write(new Failure("Error", message));

    private static Instant At(long micros) => new(1_760_000_000_000_000 + micros);

    private static IEnumerable<string> Names(JsonElement value) =>
        value.EnumerateObject().Select(property => property.Name);

    private static IEnumerable<string?> Strings(JsonElement rows, string name) =>
        rows.EnumerateArray().Select(row => row.GetProperty(name).GetString());

    private static IEnumerable<string> Problems(JsonElement json) =>
        json.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()!);
}
