namespace Hydra.Testing;

/// <summary>
/// What is kept of schedules, and what becomes of changes to them and of all that comes with a change.
/// </summary>
internal sealed class ScheduleConformance(StoreHarness harness) : ScheduleTest(harness)
{
    [Case]
    public async Task A_schedule_is_kept_as_it_was_written()
    {
        var row = NewRow("täglich 😀") with
        {
            DueAt = Now.Plus(Minute),
            ChangeId = long.MaxValue,
            Progress = Payload.Create([0, 255, 13, 10], "application/octet-stream", version: 7),
        };

        var answer = await ApplyAsync(Creation(row));

        var kept = row with { CreatedAt = Now, ChangedAt = Now };
        Assert.Equal((true, Now, kept), (answer.IsApplied, answer.Now, answer.Row));
        Assert.Empty(answer.Answers);
        Assert.Equal(kept, await FindAsync(row.Name));
        Assert.Equal([kept], await Schedules.ListAsync(null, 10, Token));
    }

    [Case]
    public async Task What_it_has_no_value_for_stays_without_one()
    {
        var row = NewRow("bare") with { Definition = default, Progress = default, Input = default, DueAt = Now };

        await MakeAsync(row);

        var kept = await FindAsync(row.Name);
        Assert.True(kept!.Definition.IsNone && kept.Progress.IsNone && kept.Input.IsNone);
        Assert.Equal([kept], (await Schedules.ListDueAsync(10, Token)).Schedules);
    }

    [Case]
    public async Task What_is_not_there_is_not_found()
    {
        await MakeAsync(NewRow("daily"));

        Assert.Null(await FindAsync("hourly"));
        Assert.Null(await FindAsync(""));
        Assert.Null(await FindAsync("dai\0ly"));
        Assert.Null(await FindAsync("daily\ud800"));
    }

    [Case]
    public async Task A_schedule_that_is_there_is_not_made_again()
    {
        var made = await MakeAsync(NewRow("daily"));
        var start = NewStart();
        var row = NewRow("daily");

        var answer = await ApplyAsync(Creation(row) with { Operations = [start] });

        Assert.Equal((false, made), (answer.IsApplied, answer.Row));
        Assert.Empty(answer.Answers);
        Assert.Equal(made, await FindAsync("daily"));
        Assert.Null(await Queries.FindAsync(start.Id, Token));
    }

    [Case]
    public async Task A_change_replaces_all_but_when_the_schedule_was_made()
    {
        var made = await MakeAsync(NewRow("daily"));
        Clock.Advance(Hour);
        var row = NewRow("daily") with
        {
            Workflow = "refund",
            DueAt = Instant.Never,
            Paused = true,
            Definition = Make.Text("7"),
            Progress = Make.Text("8"),
            Input = default,
        };

        var answer = await ApplyAsync(Change(made, row));

        var kept = row with { CreatedAt = made.CreatedAt, ChangedAt = Now };
        Assert.Equal((true, kept), (answer.IsApplied, answer.Row));
        Assert.Equal(kept, await FindAsync("daily"));
        Assert.Single(await Schedules.ListAsync(null, 10, Token));
    }

    [Case]
    public async Task A_change_that_expects_another_is_stale_and_leaves_nothing()
    {
        var worker = await JoinAsync();
        var running = await StartClaimedAsync(worker);
        var first = await MakeAsync(NewRow("daily"));
        var second = await ChangeAsync(first);
        var start = NewStart();
        var before = await DumpAsync(running.Id);

        var answer = await ApplyAsync(Change(first, NewRow("daily")) with
        {
            Operations = [start, Make.Cancel(running.Id)],
        });

        Assert.Equal((false, second), (answer.IsApplied, answer.Row));
        Assert.Empty(answer.Answers);
        Assert.Equal(second, await FindAsync("daily"));
        Assert.Null(await Queries.FindAsync(start.Id, Token));
        Assert.Equal(before, await DumpAsync(running.Id));
    }

    [Case]
    public async Task A_change_of_what_is_not_there_is_stale()
    {
        var answer = await ApplyAsync(Change(NewRow("daily"), NewRow("daily")));

        Assert.Equal((false, null), (answer.IsApplied, answer.Row));
        Assert.Null(await FindAsync("daily"));
    }

    [Case]
    public async Task A_removal_leaves_nothing_of_the_schedule()
    {
        var made = await MakeAsync(NewRow("daily") with { DueAt = Now });
        await MakeAsync(NewRow("hourly"));

        var answer = await ApplyAsync(Removal(made));

        Assert.Equal((true, null), (answer.IsApplied, answer.Row));
        Assert.Null(await FindAsync("daily"));
        Assert.Equal(["hourly"], (await Schedules.ListAsync(null, 10, Token)).Select(row => row.Name));
        Assert.Empty((await Schedules.ListDueAsync(10, Token)).Schedules);
    }

    [Case]
    public async Task A_removal_that_expects_another_change_is_stale()
    {
        var first = await MakeAsync(NewRow("daily"));
        var second = await ChangeAsync(first);

        var answer = await ApplyAsync(Removal(first));

        Assert.Equal((false, second), (answer.IsApplied, answer.Row));
        Assert.Equal(second, await FindAsync("daily"));
    }

    [Case]
    public async Task A_schedule_that_was_removed_and_made_again_is_another_one()
    {
        var first = await MakeAsync(NewRow("daily"));
        await ApplyAsync(Removal(first));
        Clock.Advance(Second);
        var again = await MakeAsync(first with { ChangeId = NewChangeId() });
        var start = NewStart();

        var answer = await ApplyAsync(Change(first, NewRow("daily")) with { Operations = [start] });

        Assert.Equal((false, again), (answer.IsApplied, answer.Row));
        Assert.Equal((Now, Now), (again.CreatedAt, again.ChangedAt));
        Assert.Null(await Queries.FindAsync(start.Id, Token));
    }

    [Case]
    public async Task What_a_change_starts_is_started_with_it()
    {
        var made = await MakeAsync(NewRow("daily"));
        Clock.Advance(Second);
        var (one, two) = (NewStart("daily-1"), NewStart() with { Delay = Minute, Timeout = Hour });

        var answer = await ApplyAsync(Change(made, NewRow("daily")) with { Operations = [one, two] });

        Assert.Equal(
            [(AnswerKind.Started, one.Id, Now), (AnswerKind.Started, two.Id, Now.Plus(Minute))],
            answer.Answers.Select(one => (one.Kind, one.Id, one.DueAt)));
        var row = await RowAsync(two.Id);
        Assert.Equal((ExecutionState.Pending, 0L, Now, (Instant?)Now.Plus(Minute + Hour)),
            (row.State, row.Epoch, row.CreatedAt, row.Deadline));
        Assert.Equal(one.Id, (await Queries.FindByKeyAsync("daily-1", Token))?.Id);
        Assert.Equal([one.Id], await (await JoinAsync()).ClaimIdsAsync());
        Assert.Equal(one.Input.Input, (await JournalAsync(one.Id))[0].Input);
    }

    [Case]
    public async Task A_creation_may_start_something_too()
    {
        var start = NewStart();

        var answer = await ApplyAsync(Creation(NewRow("daily")) with { Operations = [start] });

        Assert.Equal((true, AnswerKind.Started), (answer.IsApplied, Assert.Single(answer.Answers).Kind));
        Assert.NotNull(await FindAsync("daily"));
        Assert.Equal([start.Id], await (await JoinAsync()).ClaimIdsAsync());
    }

    [Case]
    public async Task Keys_that_strangers_have_do_not_keep_a_change_from_being_applied()
    {
        var holder = await CommitAsync(NewStart("taken", input: "1"));
        var made = await MakeAsync(NewRow("daily"));
        var row = NewRow("daily");
        var free = NewStart();

        var answer = await ApplyAsync(Change(made, row) with
        {
            Operations = [NewStart("taken", input: "1"), free, NewStart("taken", input: "2")],
        });

        Assert.Equal(
            [(AnswerKind.Existing, holder.Id), (AnswerKind.Started, free.Id), (AnswerKind.Conflict, holder.Id)],
            answer.Answers.Select(one => (one.Kind, one.Id)));
        Assert.Equal(row.ChangeId, (await FindAsync("daily"))?.ChangeId);
        Assert.NotNull(await Queries.FindAsync(free.Id, Token));
    }

    [Case]
    public async Task A_start_that_is_there_already_is_its_own()
    {
        var made = await MakeAsync(NewRow("daily"));
        var start = NewStart("daily-1");
        await CommitAsync(start);

        var answer = await ApplyAsync(Change(made, NewRow("daily")) with { Operations = [start] });

        Assert.Equal((AnswerKind.Started, start.Id), (answer.Answers[0].Kind, answer.Answers[0].Id));
        Assert.Single(await JournalAsync(start.Id));
    }

    [Case]
    public async Task What_a_change_cancels_is_cancelled_with_it()
    {
        var worker = await JoinAsync();
        var (running, ended) = (await StartClaimedAsync(worker), await StartClaimedAsync(worker));
        await worker.ApplyAsync(Make.Finish(ended));
        var (pending, unknown) = (await StartAsync(), NewId());
        var made = await MakeAsync(NewRow("daily"));

        var answer = await ApplyAsync(Change(made, NewRow("daily")) with
        {
            Operations =
            [
                Make.Cancel(running.Id), Make.Cancel(pending), Make.Cancel(ended.Id), Make.Cancel(unknown),
            ],
        });

        Assert.Equal(
            [AnswerKind.Requested, AnswerKind.Ended, AnswerKind.AlreadyEnded, AnswerKind.NotFound],
            answer.Answers.Select(one => one.Kind));
        var told = await RowAsync(running.Id);
        Assert.Equal((1L, ExecutionRequests.Cancel), (told.Mail, told.Requests));
        Assert.Equal(ExecutionState.Cancelled, (await RowAsync(pending)).State);
        Assert.NotEqual(made, await FindAsync("daily"));
    }

    [Case]
    public async Task A_removal_may_cancel_what_was_started()
    {
        var made = await MakeAsync(NewRow("daily"));
        var id = await StartAsync();

        var answer = await ApplyAsync(Removal(made) with { Operations = [Make.Cancel(id)] });

        Assert.Equal((true, AnswerKind.Ended), (answer.IsApplied, Assert.Single(answer.Answers).Kind));
        Assert.Equal(ExecutionState.Cancelled, (await RowAsync(id)).State);
    }

    [Case]
    public async Task Operations_happen_in_their_order()
    {
        var made = await MakeAsync(NewRow("daily"));
        var start = NewStart();

        var answer = await ApplyAsync(Change(made, NewRow("daily")) with
        {
            Operations = [start, Make.Cancel(start.Id)],
        });

        Assert.Equal([AnswerKind.Started, AnswerKind.Ended], answer.Answers.Select(one => one.Kind));
        Assert.Equal(ExecutionState.Cancelled, (await RowAsync(start.Id)).State);
    }

    [Case]
    public async Task A_change_may_start_hundreds()
    {
        var starts = Enumerable.Range(0, 300).Select(number => NewStart($"daily-{number % 150}")).ToArray();

        var answer = await ApplyAsync(Creation(NewRow("daily")) with { Operations = starts });

        Assert.Equal(150, answer.Answers.Count(one => one.Kind == AnswerKind.Started));
        Assert.Equal(150, answer.Answers.Count(one => one.Kind == AnswerKind.Existing));
        Assert.Equal(150, (await Queries.ListAsync(new ExecutionFilter { Limit = 1000 }, Token)).Count);
    }

    [Case]
    public async Task A_payload_of_two_mebibytes_is_kept_wherever_it_stands()
    {
        var large = Payload.Create(new byte[2 * 1024 * 1024], "application/octet-stream");
        var row = NewRow("daily") with { Definition = large, Progress = large, Input = large, DueAt = Now };

        var made = await MakeAsync(row);
        await ChangeAsync(made);

        var due = Assert.Single((await Schedules.ListDueAsync(10, Token)).Schedules);
        Assert.Equal((large, large, large), (due.Definition, due.Progress, due.Input));
    }
}
