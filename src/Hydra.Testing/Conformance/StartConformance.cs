namespace Hydra.Testing;

/// <summary>How an execution comes to be, and how keys keep it from coming to be twice.</summary>
internal sealed class StartConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task A_start_makes_a_pending_execution_that_is_due_at_once()
    {
        var id = NewId("order-1");

        var answer = await CommitAsync(Make.Start(id, key: "order-1"));

        Assert.Equal(AnswerKind.Started, answer.Kind);
        Assert.Equal(id, answer.Id);
        Assert.False(answer.Owned);
        Assert.Equal(Now, answer.DueAt);
        Assert.Equal(ExecutionState.Pending, answer.State);
        var expected = new ExecutionRow
        {
            Id = id,
            Workflow = Make.Workflow,
            Key = "order-1",
            State = ExecutionState.Pending,
            DueAt = Now,
            MaxAttempts = 3,
            RetryBackoff = Second,
            InputHash = Make.Text("1").HashText,
            CreatedAt = Now,
        };
        Assert.Equal(expected, await RowAsync(id));
    }

    [Case]
    public async Task What_the_start_asks_for_is_kept()
    {
        var id = await StartAsync(start => start with
        {
            Workflow = "other",
            Priority = ExecutionPriority.Urgent,
            MaxAttempts = 7,
            RetryBackoff = TimeSpan.FromMicroseconds(1_500_001),
        });

        var row = await RowAsync(id);
        Assert.Equal("other", row.Workflow);
        Assert.Equal(ExecutionPriority.Urgent, row.Priority);
        Assert.Equal(7, row.MaxAttempts);
        Assert.Equal(TimeSpan.FromMicroseconds(1_500_001), row.RetryBackoff);
        Assert.Null(row.Key);
        Assert.Null(row.Deadline);
        Assert.Null(row.StartedAt);
        Assert.Null(row.FinishedAt);
    }

    [Case]
    public async Task The_input_is_the_entry_at_seq_0_and_stamped_by_the_database()
    {
        var start = NewStart();

        await CommitAsync(start with { Input = start.Input with { At = new Instant(5), StartedAt = new Instant(6) } });

        var entry = Assert.Single(await JournalAsync(start.Id));
        Assert.Equal(start.Input with { At = Now, StartedAt = Now }, entry);
    }

    [Case]
    public async Task What_the_input_says_of_the_timeout_is_kept()
    {
        var start = NewStart();

        await CommitAsync(start with { Input = start.Input with { OriginSeq = long.MaxValue - 1 } });

        Assert.Equal(long.MaxValue - 1, Assert.Single(await JournalAsync(start.Id)).OriginSeq);
    }

    [Case]
    public async Task A_delayed_start_is_due_when_its_delay_is_over()
    {
        var answer = await CommitAsync(NewStart() with { Delay = Minute });

        Assert.Equal(Now.Plus(Minute), answer.DueAt);
        Assert.Equal(Now.Plus(Minute), (await RowAsync(answer.Id)).DueAt);
    }

    [Case]
    public async Task A_due_time_goes_before_a_delay()
    {
        var answer = await CommitAsync(NewStart() with { Delay = Minute, DueAt = Now.Plus(Hour) });

        Assert.Equal(Now.Plus(Hour), answer.DueAt);
        Assert.Equal(Now.Plus(Hour), (await RowAsync(answer.Id)).DueAt);
    }

    [Case]
    public async Task A_due_time_in_the_past_means_now()
    {
        var answer = await CommitAsync(NewStart() with { DueAt = Now.Plus(-Hour) });

        Assert.Equal(Now, answer.DueAt);
        Assert.Equal(Now, (await RowAsync(answer.Id)).DueAt);
    }

    [Case]
    public async Task The_timeout_runs_from_the_first_due_time()
    {
        var atOnce = await StartAsync(start => start with { Timeout = Hour });
        var later = await StartAsync(start => start with { Timeout = Hour, Delay = Minute });

        Assert.Equal(Now.Plus(Hour), (await RowAsync(atOnce)).Deadline);
        Assert.Equal(Now.Plus(Minute + Hour), (await RowAsync(later)).Deadline);
        Assert.Equal(Now.Plus(Minute), (await RowAsync(later)).DueAt);
    }

    [Case]
    public async Task Starting_the_same_execution_again_answers_started_and_changes_nothing()
    {
        var start = NewStart("order-1");
        await CommitAsync(start);
        var worker = await JoinAsync();
        var row = await worker.ClaimOneAsync();
        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1)));
        var before = await DumpAsync(start.Id);
        Clock.Advance(Minute);

        var answer = await CommitAsync(start);

        Assert.Equal(AnswerKind.Started, answer.Kind);
        Assert.Equal(start.Id, answer.Id);
        Assert.Equal(ExecutionState.Running, answer.State);
        Assert.False(answer.Owned);
        Assert.Equal(before, await DumpAsync(start.Id));
    }

    [Case]
    public async Task An_equal_start_with_the_same_key_answers_the_existing_execution()
    {
        var first = await StartAsync(start => start with { Key = "order-1" });
        var second = NewId("order-1");

        var answer = await CommitAsync(Make.Start(second, key: "order-1"));

        Assert.Equal(AnswerKind.Existing, answer.Kind);
        Assert.Equal(first, answer.Id);
        Assert.Equal(ExecutionState.Pending, answer.State);
        Assert.Null(await Queries.FindAsync(second, Token));
        Assert.Empty(await JournalAsync(second));
    }

    [Case]
    public async Task A_start_with_the_same_key_and_another_input_conflicts()
    {
        var first = await StartAsync(start => start with { Key = "order-1" });
        var second = NewId("order-1");

        var answer = await CommitAsync(Make.Start(second, key: "order-1", input: "2"));

        Assert.Equal(AnswerKind.Conflict, answer.Kind);
        Assert.Equal(first, answer.Id);
        Assert.Null(await Queries.FindAsync(second, Token));
    }

    [Case]
    public async Task A_start_with_the_same_key_under_another_name_of_the_workflow_answers_the_existing_execution()
    {
        var first = await StartAsync(start => start with { Key = "order-1" });
        var renamed = Make.Start(NewId("order-1"), key: "order-1") with { Workflow = "new-order" };

        Assert.Equal(AnswerKind.Conflict, (await CommitAsync(renamed)).Kind);
        var answer = await CommitAsync(renamed with { Aliases = [(await RowAsync(first)).Workflow] });

        Assert.Equal((AnswerKind.Existing, first), (answer.Kind, answer.Id));
    }

    [Case]
    public async Task A_start_with_the_same_key_and_another_workflow_conflicts()
    {
        var first = await StartAsync(start => start with { Key = "order-1" });
        var second = NewId("order-1");

        var answer = await CommitAsync(Make.Start(second, key: "order-1") with { Workflow = "refund" });

        Assert.Equal(AnswerKind.Conflict, answer.Kind);
        Assert.Equal(first, answer.Id);
        Assert.Null(await Queries.FindAsync(second, Token));
    }

    [Case]
    public async Task Starts_with_one_key_meet_within_one_batch_too()
    {
        var (first, same, other) = (NewId("order-1"), NewId("order-1"), NewId("order-1"));

        var answers = await CommitAsync(
            Make.Start(first, "order-1"), Make.Start(same, "order-1"), Make.Start(other, "order-1", "2"));

        Assert.Equal(
            [AnswerKind.Started, AnswerKind.Existing, AnswerKind.Conflict], answers.Select(answer => answer.Kind));
        Assert.All(answers, answer => Assert.Equal(first, answer.Id));
        Assert.Single(await Queries.ListAsync(new ExecutionFilter(), Token));
    }

    [Case]
    public async Task The_same_start_twice_in_one_batch_is_one_execution()
    {
        var start = NewStart("order-1");

        var answers = await CommitAsync(start, start);

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Started, answer.Kind));
        Assert.Single(await JournalAsync(start.Id));
    }

    [Case]
    public async Task An_execution_that_has_ended_keeps_its_key()
    {
        var first = await StartAsync(start => start with { Key = "order-1" });
        await CancelAsync(first);

        var answer = await CommitAsync(NewStart("order-1"));

        Assert.Equal(AnswerKind.Existing, answer.Kind);
        Assert.Equal(first, answer.Id);
        Assert.Equal(ExecutionState.Cancelled, answer.State);
    }

    [Case]
    public async Task Starts_without_a_key_never_meet()
    {
        var (first, second) = (NewId(), NewId());

        var answers = await CommitAsync(Make.Start(first), Make.Start(second));

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Started, answer.Kind));
        Assert.Equal([first, second], answers.Select(answer => answer.Id));
    }

    [Case]
    public async Task A_direct_start_is_owned_and_running_at_epoch_1()
    {
        var worker = await JoinAsync();
        var start = NewStart() with { Owner = worker.Session };

        var answer = await worker.CommitAsync(start);

        Assert.Equal(AnswerKind.Started, answer.Kind);
        Assert.True(answer.Owned);
        Assert.Equal(Now, answer.DueAt);
        Assert.Equal(ExecutionState.Running, answer.State);
        var row = await RowAsync(start.Id);
        Assert.Equal(ExecutionState.Running, row.State);
        Assert.Equal(worker.Session, row.Owner);
        Assert.Equal(1, row.Epoch);
        Assert.Equal(Now, row.StartedAt);
        Assert.Empty(await worker.ClaimIdsAsync());
        Assert.Equal([new OwnedExecution(start.Id, 1, 0, default)], (await worker.BeatAsync()).Owned);
    }

    [Case]
    public async Task A_direct_start_may_be_advanced_without_a_claim()
    {
        var worker = await JoinAsync();
        var start = NewStart() with { Owner = worker.Session };
        await worker.CommitAsync(start);

        await worker.ApplyAsync(Make.Finish(await RowAsync(start.Id)));

        Assert.Equal(ExecutionState.Completed, (await RowAsync(start.Id)).State);
    }

    [Case]
    public async Task A_direct_start_for_a_session_that_does_not_exist_is_left_to_anyone()
    {
        var worker = await JoinAsync();
        await worker.CloseAsync();
        var start = NewStart() with { Owner = worker.Session };

        var answer = await worker.CommitAsync(start);

        Assert.Equal(AnswerKind.Started, answer.Kind);
        Assert.False(answer.Owned);
        var row = await RowAsync(start.Id);
        Assert.Equal((ExecutionState.Pending, 0L, SessionId.None), (row.State, row.Epoch, row.Owner));
        Assert.Null(row.StartedAt);
        Assert.Equal([start.Id], await (await JoinAsync()).ClaimIdsAsync());
    }

    [Case]
    public async Task A_direct_start_that_is_not_due_yet_is_left_to_anyone()
    {
        var worker = await JoinAsync();
        var start = NewStart() with { Owner = worker.Session, Delay = Second };

        var answer = await worker.CommitAsync(start);

        Assert.False(answer.Owned);
        Assert.Equal(Now.Plus(Second), answer.DueAt);
        var row = await RowAsync(start.Id);
        Assert.Equal((ExecutionState.Pending, 0L, SessionId.None), (row.State, row.Epoch, row.Owner));
        Clock.Advance(Second);
        Assert.Equal([start.Id], await (await JoinAsync()).ClaimIdsAsync());
    }

    [Case]
    public async Task A_direct_start_at_a_time_is_owned_once_that_has_come()
    {
        var worker = await JoinAsync();
        var starts = new[] { -Hour, TimeSpan.Zero, Second }
            .Select(after => NewStart() with { Owner = worker.Session, DueAt = Now.Plus(after), Timeout = Hour })
            .ToList();

        foreach (var start in starts)
        {
            Assert.Equal(start != starts[^1], (await worker.CommitAsync(start)).Owned);
        }

        var rows = await Task.WhenAll(starts.Select(start => RowAsync(start.Id)));
        Assert.Equal([worker.Session, worker.Session, SessionId.None], rows.Select(static row => row.Owner));
        Assert.Equal([1L, 1L, 0L], rows.Select(static row => row.Epoch));
        Assert.Equal([Now, Now, null], rows.Select(static row => row.StartedAt));
        Assert.Equal(
            [Now.Plus(Hour), Now.Plus(Hour), Now.Plus(Second + Hour)], rows.Select(static row => row.Deadline!.Value));
    }

    [Case]
    public async Task A_direct_start_for_a_lease_that_ended_unswept_is_owned()
    {
        var worker = await JoinAsync();
        Clock.Advance(Worker.ClaimTimeout * 2);

        var answer = await worker.CommitAsync(NewStart() with { Owner = worker.Session });

        Assert.True(answer.Owned);
    }

    [Case]
    public async Task A_direct_start_whose_key_is_taken_owns_nothing()
    {
        var worker = await JoinAsync();
        var first = await StartAsync(start => start with { Key = "order-1" });

        var answer = await worker.CommitAsync(NewStart("order-1") with { Owner = worker.Session });

        Assert.Equal(AnswerKind.Existing, answer.Kind);
        Assert.Equal(first, answer.Id);
        Assert.False(answer.Owned);
        Assert.Empty((await worker.BeatAsync()).Owned);
    }

    [Case]
    public async Task A_thousand_starts_are_answered_in_their_order()
    {
        var starts = Enumerable.Range(0, 1000).Select(_ => NewStart()).Reverse().ToArray();

        var answers = await CommitAsync([.. starts]);

        Assert.Equal(starts.Select(start => start.Id), answers.Select(answer => answer.Id));
        Assert.Equal(1000, (await Queries.ListAsync(new ExecutionFilter { Limit = 1000 }, Token)).Count);
    }

    [Case]
    public async Task An_empty_batch_has_no_answers()
    {
        var answer = await Store.CommitAsync(new CommitBatch(SessionId.None, []), Token);

        Assert.Empty(answer.Answers);
        Assert.Equal(Now, answer.Now);
    }
}
