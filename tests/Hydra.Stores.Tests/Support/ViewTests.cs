using Hydra.Engine;
using Hydra.Engine.Explaining;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>The views for people with a SQL prompt: the same columns and words on every store that has them.</summary>
/// <remarks>They go by the database's clock, so the stores here do as well.</remarks>
public abstract partial class ViewTests : IAsyncLifetime
{
    private protected static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private IWorkflowStore? _store;
    private Worker? _worker;
    private int _ids;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private IWorkflowStore Store => _store!;

    private Worker Worker => _worker!;

    private static Instant Later => Instant.From(TimeProvider.System.GetUtcNow()).Plus(Hour);

    public async ValueTask InitializeAsync()
    {
        _store = Open();
        await _store.MigrateAsync(Token);
        _worker = new Worker(_store, new SessionRow
        {
            Id = new SessionId(7),
            Worker = "w1",
            Build = "build-1",
            Host = "host:1",
            Workflows = [Make.Workflow],
            Concurrency = 2,
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = Hour,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await DropAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Each_execution_has_its_reason_and_what_is_known_of_it()
    {
        var orphaned = await StartAsync();
        await AssertIsAsync(orphaned, "pending", "noWorker");
        await Store.OpenSessionAsync(Worker.Row, Token);
        await AssertIsAsync(orphaned, "pending", "due");
        await Worker.ClaimOneAsync();
        await CommitAsync(Make.Terminate(orphaned));

        await AssertIsAsync(orphaned, "cancelled", "ended", "enough");
        var delayed = await StartAsync(start => start with { Delay = Hour });
        await AssertIsAsync(delayed, "pending", "startsLater");
        var unknown = await StartAsync(start => start with { Workflow = "refund" });
        await AssertIsAsync(unknown, "pending", "unknownWorkflow");
        var sleeping = await SettleAsync(row => Sleep(row, "sleep#2"));
        await AssertIsAsync(sleeping, "sleeping", "sleeping", "sleep#2");
        var trying = await SettleAsync(row => Sleep(row, "charge") with
        {
            Tries = [Make.Try(row, "charge") with { RetryAt = Later }],
        });
        await AssertIsAsync(trying, "sleeping", "stepRetry", "charge: It broke.");
        var failed = await SettleAsync(row => Make.Retry(
            row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed) with { Failed = true, Output = Make.Failure }));
        await AssertIsAsync(failed, "pending", "betweenAttempts", "It broke.");
        var refused = await SettleAsync(row => Make.Refuse(row, "build-1"));
        await AssertIsAsync(refused, "blocked", "mismatch", "build-1: It broke.");
        var running = await SettleAsync(row => Make.Advance(row) with
        {
            Tries =
            [
                Make.Try(row, "charge", phase: TryPhase.Started),
                Make.Try(row, "ended", phase: TryPhase.Started),
                Make.Try(row, "pay", phase: TryPhase.BegunOnce),
            ],
            Entries = [Make.Step(row, 1) with { Key = "ended", Attempt = 1 }],
        });
        var row = await LookAsync(View("why_not_running"), running);
        Assert.Equal(("running", "running", "w1"), (row["state"], row["reason"], row["worker"]));
        const string Since = "since [-0-9]+ [:0-9]+([-+][:0-9]+)?";
        Assert.Matches($"^charge {Since}, pay {Since}$", row["detail"]);
        await SettleAsync(row => Make.Advance(row, Make.Step(row, 1)));
        var crowded = await StartAsync();
        await AssertIsAsync(crowded, "pending", "noFreeSlot");
    }

    [Fact]
    public async Task A_step_that_is_retried_by_hand_tells_why_it_failed_until_it_runs()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var trying = await SettleAsync(row => Sleep(row, "charge") with
        {
            Tries = [Make.Try(row, "charge") with { RetryAt = Later }],
        });
        var sleeping = await SettleAsync(row => Sleep(row, "sleep#2"));

        await CommitAsync(Make.RetryNow(trying, 4711));
        await CommitAsync(Make.RetryNow(sleeping, 4712));

        await AssertIsAsync(trying, "sleeping", "due", "charge: It broke.");
        await AssertIsAsync(sleeping, "sleeping", "sleeping", "sleep#2");
        var why = Explainer.Explain((await new FactReader(Store.Queries, "tests").ReadAsync(trying, Token))!);
        Assert.Equal(("charge", "It broke."), (why.WaitsFor, why.Failure?.Message));
        Assert.Contains("Step 'charge' failed before: Broken: It broke.", why.Text);
    }

    [Fact]
    public async Task What_has_crashed_its_workers_says_how_often_and_which_was_the_last()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var suspect = await StartAsync();
        await Worker.ClaimOneAsync();
        await ChangeAsync("sessions", "expires_at = 1");
        await AssertIsAsync(suspect, "running", "ownerLost", null, "w1");
        await ChangeAsync("sessions", $"expires_at = {Later.Micros}");
        await ChangeAsync("executions", "barren_crashes = 3");
        await AssertIsAsync(suspect, "running", "running", null, "w1");

        var crashed = await StartAsync();
        const string Crashes = "crashes without getting further: 3";
        await ChangeAsync("executions", "barren_crashes = 3, started_at = 1");
        await AssertIsAsync(crashed, "pending", "suspectTurn", Crashes);
        await ExecuteAsync(AddCrashes);
        await ChangeAsync("executions", "crashes = 3, epoch = 10");
        await ChangeAsync("executions", $"due_at = {Later.Micros}", "owner = 0");
        await AssertIsAsync(crashed, "pending", "afterCrash", $"{Crashes}, the last of worker w9");
        await ChangeAsync("executions", "state = 5, blocked_reason = 2", "owner = 0");
        await AssertIsAsync(crashed, "blocked", "quarantined", $"{Crashes}, the last of worker w9");
        await ChangeAsync("executions", "state = 4, blocked_reason = 0", "owner = 0");
        await AssertIsAsync(crashed, "paused", "paused");
    }

    [Fact]
    public async Task What_every_live_build_has_refused_says_which_and_why()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var refused = await SettleAsync(row => Make.Refuse(row, Worker.Row.Build));
        await ChangeAsync("executions", "state = 0, blocked_reason = 0, due_at = 1");
        var detail = $"{Worker.Row.Build}: It broke.";
        await AssertIsAsync(refused, "pending", "refused", detail);

        var able = Worker.Row with { Id = new SessionId(Worker.Row.Id.Value + 1), Build = "able", Concurrency = 1 };
        await Store.OpenSessionAsync(able, Token);
        await AssertIsAsync(refused, "pending", "due", detail);
        await StartAsync();
        await ChangeAsync("executions", $"state = 1, owner = {able.Id.Value}", "due_at > 1");
        await AssertIsAsync(refused, "pending", "noFreeSlot", detail);
    }

    [Fact]
    public async Task What_has_crashed_its_workers_says_which_steps_were_running_then()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var crashed = await StartAsync();
        var row = await Worker.ClaimOneAsync();
        await Worker.ApplyAsync(Make.Advance(row) with
        {
            Tries =
            [
                Make.Try(row, "poison", phase: TryPhase.Started),
                Make.Try(row, "pay", phase: TryPhase.BegunOnce),
                Make.Try(row, "ended", phase: TryPhase.Started),
                Make.Try(row, "failed", phase: TryPhase.Started),
                Make.Try(row, "failed"),
            ],
            Entries = [Make.Step(row, 1) with { Key = "ended", Attempt = 1 }],
        });
        await ExecuteAsync(AddCrashes);
        await ChangeAsync("crashes", $"epoch = {row.Epoch}");

        await ChangeAsync("executions", "state = 5, blocked_reason = 2, barren_crashes = 1, crashes = 1, owner = 0");
        await AssertIsAsync(
            crashed,
            "blocked",
            "quarantined",
            "crashes without getting further: 1, the last of worker w9; running then: pay, poison");

        await ChangeAsync("crashes", $"epoch = {row.Epoch + 1}"); // Another crash: then nothing was known to run.
        await AssertIsAsync(
            crashed, "blocked", "quarantined", "crashes without getting further: 1, the last of worker w9");
    }

    [Fact]
    public async Task What_waits_says_for_what_and_what_has_ended_says_how()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var waiting = await SettleAsync(row =>
        {
            var wait = Make.Wait(row);
            return wait with { Settlement = (Settlement.Suspended)wait.Settlement! with { WaitsFor = "approval" } };
        });
        await AssertIsAsync(waiting, "waiting", "waiting", "approval");
        var completed = await SettleAsync(row => Make.Finish(row));
        await AssertIsAsync(completed, "completed", "ended");
        var failed = await SettleAsync(row => Make.Settle(
            row,
            last => new Settlement.Finished(ExecutionState.Failed) { LastSeq = last },
            Make.Entry(row, 1, EntryKind.Terminal) with { Failed = true, Output = Make.Failure }));
        await AssertIsAsync(failed, "failed", "ended", "It broke.");
    }

    [Theory]
    [InlineData("""{"type":"T","message":"a\u0000b"}""", "a b")]
    [InlineData("""{"type":"T","message":"a\\u0000b"}""", """a\u0000b""")]
    [InlineData("""{"type":"T","message":"\\\u0000 \"quoted\" \ud83d\ude00"}""", """\  "quoted" 😀""")]
    public async Task Whatever_a_failure_says_can_be_read(string failure, string message)
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var failed = await SettleAsync(row => Make.Retry(
            row,
            Hour,
            Make.Entry(row, 1, EntryKind.AttemptFailed) with { Failed = true, Output = Make.Text(failure) }));

        var row = await LookAsync(View("why_not_running"), failed);

        // What stands for NUL is the database's own choice.
        Assert.Equal(message, row["detail"]?.Replace('\0', ' '));
    }

    /// <summary>In hexadecimal: no UTF-8, a NUL, half of a surrogate pair, nothing, cut off, and too deep.</summary>
    public static TheoryData<string> BytesThatSayToBeJson =>
        ["FFFE", "220022", "22EDA08022", "", "7B", string.Concat(Enumerable.Repeat("5B", 200))];

    [Theory]
    [MemberData(nameof(BytesThatSayToBeJson))]
    public async Task A_row_whose_bytes_are_not_what_they_say_hides_no_other(string bytes)
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var payload = Payload.Create(Convert.FromHexString(bytes));
        var bad = await SettleAsync(row => Make.Release(
            row, Make.Step(row, 1) with { Input = payload, Output = payload }) with
        {
            Tries = [Make.Try(row, "charge#2") with { Input = payload, Output = payload, Failure = payload }],
        });
        await CommitAsync(Make.Terminate(bad));
        await SettleAsync(row => Make.Release(row, Make.Step(row, 1, "\"good\"") with { Key = "good" }));
        foreach (var (name, input) in new[] { ("bad", payload), ("good", Make.Text("\"good\"")) })
        {
            var row = new ScheduleRow
            {
                Name = name,
                Workflow = "order",
                ChangeId = 1,
                DueAt = Later,
                Definition = input,
                Progress = input,
                Input = input,
            };
            await Store.Schedules!.ApplyAsync(
                new ScheduleChange { Name = name, ExpectedChange = null, Row = row }, Token);
        }

        Assert.Equal("good", (await LookAsync(View("steps_text"), "output = '\"good\"'"))["key"]);
        Assert.Equal("good", (await LookAsync(View("steps_text"), "output LIKE '%\"good\"%'"))["key"]);
        Assert.Equal("good", (await LookAsync(View("attempts_text"), "output = '\"good\"'"))["key"]);
        Assert.Equal("good", (await LookAsync(View("schedules_text"), "input = '\"good\"'"))["name"]);
        Assert.Equal("charge#1", (await LookAsync(View("steps_text"), bad, "AND seq = 1"))["key"]);
        Assert.Equal("charge#2", (await LookAsync(View("attempts_text"), bad, "AND state = 'failed'"))["key"]);
    }

    [Fact]
    public async Task A_row_that_is_cut_off_hides_no_other()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var failed = await SettleAsync(row => Make.Retry(
            row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed) with { Failed = true, Output = Make.Failure }));
        await ChangeAsync("journal", "output = substr(output, 1, 1)", "failed AND seq = 1");
        await SettleAsync(row => Make.Release(row, Make.Step(row, 1, "\"good\"") with { Key = "good" }));

        Assert.Equal("good", (await LookAsync(View("steps_text"), "output = '\"good\"'"))["key"]);
        Assert.Equal("betweenAttempts", (await LookAsync(View("why_not_running"), failed))["reason"]);
    }

    [Theory]
    [MemberData(nameof(BytesThatSayToBeJson))]
    public async Task A_failure_that_cannot_be_read_says_so_in_its_place(string bytes)
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var payload = Payload.Create(Convert.FromHexString(bytes));
        const string Unreadable = "The recorded failure cannot be read.";

        var failed = await SettleAsync(row => Make.Retry(
            row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed) with { Failed = true, Output = payload }));
        var trying = await SettleAsync(row => Sleep(row, "charge") with
        {
            Tries = [Make.Try(row, "charge") with { RetryAt = Later, Failure = payload }],
        });
        var refused = await SettleAsync(row => Make.Refuse(row, "build-1") is var refusal
            ? refusal with { Settlement = (Settlement.Refused)refusal.Settlement! with { Difference = payload } }
            : throw new InvalidOperationException());
        var ended = await SettleAsync(row => Make.Settle(
            row,
            last => new Settlement.Finished(ExecutionState.Failed) { LastSeq = last },
            Make.Entry(row, 1, EntryKind.Terminal) with { Failed = true, Output = payload }));

        await AssertIsAsync(failed, "pending", "betweenAttempts", Unreadable);
        await AssertIsAsync(trying, "sleeping", "stepRetry", $"charge: {Unreadable}");
        await AssertIsAsync(refused, "blocked", "mismatch", $"build-1: {Unreadable}");
        await AssertIsAsync(ended, "failed", "ended", Unreadable);
    }

    [Fact]
    public async Task What_is_encoded_says_so_in_its_place()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var codec = new PayloadCodec("tests", new KeyRing(EncryptionKey.Generate("k1")), compressedFrom: null, 1_000);
        var failure = codec.Encode(Make.Failure, PayloadPlace.OfEnd(default));

        var failed = await SettleAsync(row => Make.Retry(
            row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed) with { Failed = true, Output = failure }));
        await AssertIsAsync(failed, "pending", "betweenAttempts", "[encoded, see hydra why]");
        Assert.Null((await LookAsync(View("steps_text"), failed, "AND seq = 1"))["output"]);
        var trying = await SettleAsync(row => Sleep(row, "charge") with
        {
            Tries = [Make.Try(row, "charge") with { RetryAt = Later, Failure = failure }],
        });
        await AssertIsAsync(trying, "sleeping", "stepRetry", "charge: [encoded, see hydra why]");
        var refused = await SettleAsync(row =>
            Make.Refuse(row, "build-1") with { Settlement = Refused(Make.Refuse(row, "build-1"), failure) });
        await AssertIsAsync(refused, "blocked", "mismatch", "build-1: [encoded, see hydra why]");

        static Settlement Refused(AdvanceOperation refusal, Payload difference) =>
            (Settlement.Refused)refusal.Settlement! with { Difference = difference };
    }

    [Fact]
    public async Task Executions_and_steps_can_be_read()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var start = await StartAsync(start => start with { Key = null, Timeout = Hour });
        var claimed = await Worker.ClaimOneAsync();
        var steps = new[]
        {
            Make.Step(claimed, 1, """{"paid":true,"note":"für 5 €"}"""),
            Make.Step(claimed, 2) with { Output = Payload.Create([0, 255], "application/octet-stream") },
        };
        await Worker.ApplyAsync(Make.Advance(claimed, steps));

        var execution = await LookAsync(View("executions_text"), start);
        var first = await LookAsync(View("steps_text"), start, "AND seq = 1");
        var second = await LookAsync(View("steps_text"), start, "AND seq = 2");

        Assert.Equal(("running", "order", "0000000000000007"),
            (execution["state"], execution["workflow"], execution["owner"]));
        Assert.Null(execution["due_at"]);
        Assert.NotNull(execution["deadline"]);
        Assert.Equal(("step", "charge#1", "1", """{"paid":true,"note":"für 5 €"}"""),
            (first["kind"], first["key"], first["input"], first["output"]));
        Assert.Equal(("1", null), (second["input"], second["output"]));
    }

    [Fact]
    public async Task Schedules_can_be_read()
    {
        var rows = new[]
        {
            new ScheduleRow
            {
                Name = "täglich",
                Workflow = "order",
                ChangeId = 1,
                DueAt = Later,
                Definition = Make.Text("""{"cron":"0 9 * * *"}"""),
                Progress = Payload.Create([0, 255], "application/octet-stream"),
                Input = Make.Text("1"),
            },
            new ScheduleRow
            {
                Name = "paused", Workflow = "order", ChangeId = 1, DueAt = Instant.Never, Paused = true,
            },
        };
        foreach (var row in rows)
        {
            await Store.Schedules!.ApplyAsync(
                new ScheduleChange { Name = row.Name, ExpectedChange = null, Row = row }, Token);
        }

        var daily = await LookAsync(View("schedules_text"), "name = 'täglich'");
        var paused = await LookAsync(View("schedules_text"), "name = 'paused'");

        Assert.Equal(("tests", "order", """{"cron":"0 9 * * *"}""", null, "1"),
            (daily["namespace"], daily["workflow"], daily["definition"], daily["progress"], daily["input"]));
        Assert.NotNull(daily["due_at"]);
        Assert.NotNull(daily["created_at"]);
        Assert.Equal((null, null), (paused["due_at"], paused["input"]));
        Assert.NotEqual(daily["paused"], paused["paused"]);
        Assert.Equal(
            "namespace name workflow paused due_at definition progress input created_at changed_at",
            string.Join(' ', daily.Keys));
    }

    [Fact]
    public async Task The_views_have_the_same_columns_on_every_store()
    {
        var id = await StartAsync();

        Assert.Equal(
            "namespace execution workflow key state attempt max_attempts priority epoch owner mail requests crashes "
            + "due_at deadline created_at started_at finished_at",
            string.Join(' ', (await LookAsync(View("executions_text"), id)).Keys));
        Assert.Equal(
            "namespace execution seq kind key failed attempt epoch worker started_at at input output",
            string.Join(' ', (await LookAsync(View("steps_text"), id)).Keys));
        Assert.Equal(
            "namespace execution workflow key state reason detail due_at worker host last_beat_at lease_ends_at",
            string.Join(' ', (await LookAsync(View("why_not_running"), id)).Keys));
    }

    [Fact]
    public async Task Origins_can_be_read()
    {
        var source = await StartAsync();
        var fork = await StartAsync(
            start => start with { Origin = Origin.OfFork(source, "charge#2", 3, ForkEdits.StepInput) });
        var scheduled = await StartAsync(
            start => start with { Origin = Origin.OfSchedule("daily", new Instant(1_000_000)) });

        var row = await LookAsync(View("origins_text"), fork);
        var other = await LookAsync(View("origins_text"), scheduled);

        Assert.Equal(
            "namespace execution kind source name seq at workflow_input_edited step_input_edited output_edited",
            string.Join(' ', row.Keys));
        Assert.Equal(("fork", $"{source}", "charge#2", "3", null),
            (row["kind"], row["source"], row["name"], row["seq"], row["at"]));
        Assert.Equal(("schedule", null, "daily"), (other["kind"], other["source"], other["name"]));
        Assert.NotNull(other["at"]);
    }

    [Fact]
    public async Task Every_try_of_every_step_can_be_read()
    {
        await Store.OpenSessionAsync(Worker.Row, Token);
        var id = await StartAsync();
        var claimed = await Worker.ClaimOneAsync();
        await Worker.ApplyAsync(Make.Advance(
            claimed, Make.Step(claimed, 1) with { Attempt = 3 }, Make.Step(claimed, 2) with { Failed = true }) with
        {
            Tries =
            [
                Make.Try(claimed, "charge#1"),
                Make.Try(claimed, "charge#1", 2, TryPhase.Abandoned),
                Make.Try(claimed, "charge#3", 1, TryPhase.Started),
            ],
        });

        var failed = await LookAsync(View("attempts_text"), id, "AND attempt = 1 AND seq IS NULL AND state = 'failed'");
        var abandoned = await LookAsync(View("attempts_text"), id, "AND attempt = 2");
        var completed = await LookAsync(View("attempts_text"), id, "AND attempt = 3");
        var exhausted = await LookAsync(View("attempts_text"), id, "AND seq = 2");
        var started = await LookAsync(View("attempts_text"), id, "AND state = 'started'");

        Assert.Equal(
            "namespace execution key attempt state seq epoch worker started_at ended_at input output failure",
            string.Join(' ', failed.Keys));
        Assert.Equal(("charge#1", "worker", "1", null, """{"type":"Broken","message":"It broke."}"""),
            (failed["key"], failed["worker"], failed["input"], failed["output"], failed["failure"]));
        Assert.NotNull(failed["ended_at"]);
        Assert.Equal("abandoned", abandoned["state"]);
        Assert.Equal(("completed", "1", "2", null),
            (completed["state"], completed["seq"], completed["output"], completed["failure"]));
        Assert.Equal(("failed", null, "2"), (exhausted["state"], exhausted["output"], exhausted["failure"]));
        Assert.Equal(("charge#3", null), (started["key"], started["ended_at"]));
    }

    /// <summary>Makes a store that goes by the real clock, in the namespace "tests".</summary>
    private protected abstract IWorkflowStore Open();

    private protected abstract Task DropAsync();

    /// <summary>A view's whole name.</summary>
    private protected abstract string View(string name);

    /// <summary>Reads one row as text, by column: the first for which a condition holds.</summary>
    private protected abstract Task<Dictionary<string, string?>> LookAsync(string view, string condition);

    /// <summary>Changes rows past the store.</summary>
    private protected abstract Task ExecuteAsync(string statement);

    /// <summary>A statement that adds a crash of worker w9 to each execution.</summary>
    private protected virtual string AddCrashes => $"""
        INSERT INTO {View("crashes")} (shard, namespace, execution, epoch, session, worker, at)
        SELECT shard, namespace, id, 9, 9, 'w9', 1 FROM {View("executions")}
        """;

    private Task<Dictionary<string, string?>> LookAsync(string view, ExecutionId id, string and = "") =>
        LookAsync(view, $"execution = '{id}' {and}");

    private Task ChangeAsync(string table, string set, string where = "1 = 1") =>
        ExecuteAsync($"UPDATE {View(table)} SET {set} WHERE {where}");

    private static AdvanceOperation Sleep(ExecutionRow row, string key)
    {
        var sleep = Make.Sleep(row, Later);
        return sleep with { Settlement = (Settlement.Suspended)sleep.Settlement! with { WaitsFor = key } };
    }

    private async Task AssertIsAsync(
        ExecutionId id, string state, string reason, string? detail = null, string? worker = null)
    {
        var row = await LookAsync(View("why_not_running"), id);
        Assert.Equal((state, reason, detail, worker), (row["state"], row["reason"], row["detail"], row["worker"]));
        await AssertAgreesAsync(id);
    }

    private Task<CommitAnswer> CommitAsync(StoreOperation operation) =>
        Store.CommitAsync(new CommitBatch(SessionId.None, [operation]), Token);

    private async Task<ExecutionId> StartAsync(Func<StartOperation, StartOperation>? change = null)
    {
        var start = Make.Start(ExecutionId.Create(1_800_000_000_000, (ulong)++_ids << 32, 1));
        await CommitAsync(change?.Invoke(start) ?? start);
        return start.Id;
    }

    private async Task<ExecutionId> SettleAsync(Func<ExecutionRow, AdvanceOperation> settle)
    {
        var id = await StartAsync();
        await Worker.ApplyAsync(settle(await Worker.ClaimOneAsync()));
        return id;
    }
}
