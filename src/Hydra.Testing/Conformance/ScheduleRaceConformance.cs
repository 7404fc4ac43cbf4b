using System.Collections.Concurrent;

namespace Hydra.Testing;

/// <summary>Changes of one schedule that meet, that are lost half-way, and that are submitted again.</summary>
internal sealed class ScheduleRaceConformance(StoreHarness harness) : ScheduleTest(harness)
{
    [Case]
    public async Task The_same_change_again_answers_the_same_and_writes_nothing()
    {
        var holder = await CommitAsync(NewStart("taken"));
        var made = await MakeAsync(NewRow("daily"));
        var start = NewStart();
        var change = Change(made, NewRow("daily")) with { Operations = [start, NewStart("taken")] };
        var first = await ApplyAsync(change);
        Clock.Advance(Hour);

        var second = await ApplyAsync(change);

        Assert.Equal((true, first.Row), (second.IsApplied, second.Row));
        Assert.Equal(first.Answers, second.Answers);
        Assert.Equal(holder.Id, second.Answers[1].Id);
        Assert.Equal(first.Row, await FindAsync("daily"));
        Assert.Equal(2, (await Queries.ListAsync(new ExecutionFilter(), Token)).Count);
    }

    [Case]
    public async Task The_same_creation_and_the_same_removal_again_are_applied()
    {
        var creation = Creation(NewRow("daily"));
        var made = (await ApplyAsync(creation)).Row;
        var again = await ApplyAsync(creation);
        var removal = Removal(made!);

        Assert.Equal((true, made), (again.IsApplied, again.Row));
        Assert.True((await ApplyAsync(removal)).IsApplied);
        Assert.True((await ApplyAsync(removal)).IsApplied);
        Assert.Null(await FindAsync("daily"));
    }

    [Case]
    public async Task A_change_that_was_applied_and_followed_by_another_is_stale_when_it_comes_again()
    {
        var made = await MakeAsync(NewRow("daily"));
        var change = Change(made, NewRow("daily"));
        var last = await ChangeAsync((await ApplyAsync(change)).Row!);

        var again = await ApplyAsync(change);

        Assert.Equal((false, last), (again.IsApplied, again.Row));
        Assert.Equal(last, await FindAsync("daily"));
    }

    [Case]
    public async Task A_change_whose_answer_was_lost_is_applied_once_when_it_is_submitted_again()
    {
        foreach (var fault in StoreFault.For(StoreCallKind.ApplySchedule))
        {
            var faulty = new FaultyStore(
                Store, call => call is { Kind: StoreCallKind.ApplySchedule, Number: 1 } ? fault : null);
            var made = await MakeAsync(NewRow($"daily {fault}"));
            var start = NewStart();
            var change = Change(made, NewRow(made.Name)) with { Operations = [start] };

            var error = await Assert.ThrowsAsync<StoreException>(
                () => SchedulesOf(faulty).ApplyAsync(change, Token));
            var isThere = await Queries.FindAsync(start.Id, Token) is not null;
            var again = await RepeatAsync(SchedulesOf(faulty), change);

            Assert.Equal((fault.Kind, fault.Happens), (error.Kind, isThere));
            Assert.Equal((true, AnswerKind.Started), (again.IsApplied, Assert.Single(again.Answers).Kind));
            Assert.Equal(again.Row, await FindAsync(made.Name));
            Assert.Single(await JournalAsync(start.Id));
            Assert.Equal(2, faulty.Count(StoreCallKind.ApplySchedule));
        }
    }

    [Case]
    public async Task A_change_that_comes_late_and_the_one_that_overtook_it_are_not_both_applied()
    {
        var faulty = new FaultyStore(
            Store, call => call is { Kind: StoreCallKind.ApplySchedule, Number: 1 } ? StoreFault.LateCall : null);
        var made = await MakeAsync(NewRow("daily"));
        var (late, early) = (NewStart(), NewStart());
        await Assert.ThrowsAsync<StoreException>(() => SchedulesOf(faulty).ApplyAsync(
            Change(made, NewRow("daily")) with { Operations = [late] }, Token));

        var answer = await RepeatAsync(
            SchedulesOf(faulty), Change(made, NewRow("daily")) with { Operations = [early] });

        var started = Assert.Single(await Queries.ListAsync(new ExecutionFilter(), Token));
        Assert.Equal(answer.IsApplied ? early.Id : late.Id, started.Id);
        Assert.Equal(answer.Row, await FindAsync("daily"));
    }

    [Race(OneHalts = false, OtherHalts = false)]
    public async Task Change_and_change(Meeting meeting)
    {
        var made = await MakeAsync(NewRow("daily"));
        var elsewhere = await ElsewhereAsync();
        var (one, other) = (NewStart(), NewStart());
        ScheduleAnswer? first = null, second = null;

        await Race.PlayAsync(
            meeting,
            async _ => first = await RepeatAsync(
                Schedules, Change(made, NewRow("daily")) with { Operations = [one] }),
            async _ => second = await RepeatAsync(
                SchedulesOf(elsewhere), Change(made, NewRow("daily")) with { Operations = [other] }));

        Assert.True(first!.IsApplied != second!.IsApplied, "Not one of two changes was applied.");
        var (winner, loser) = first.IsApplied ? (first, second) : (second, first);
        Assert.Equal((winner.Row, winner.Row), (loser.Row, await FindAsync("daily")));
        var started = Assert.Single(await Queries.ListAsync(new ExecutionFilter(), Token));
        Assert.Equal(first.IsApplied ? one.Id : other.Id, started.Id);
        Race.AssertOrder(meeting, first.IsApplied);
    }

    [Race(OneHalts = false, OtherHalts = false)]
    public async Task Creation_and_creation(Meeting meeting)
    {
        var elsewhere = await ElsewhereAsync();
        var (one, other) = (NewStart(), NewStart());
        ScheduleAnswer? first = null, second = null;

        await Race.PlayAsync(
            meeting,
            async _ => first = await RepeatAsync(
                Schedules, Creation(NewRow("daily")) with { Operations = [one] }),
            async _ => second = await RepeatAsync(
                SchedulesOf(elsewhere), Creation(NewRow("daily")) with { Operations = [other] }));

        Assert.True(first!.IsApplied != second!.IsApplied, "Not one of two creations was applied.");
        var winner = first.IsApplied ? first : second;
        Assert.Equal((first.Row, second.Row), (winner.Row, await FindAsync("daily")));
        var started = Assert.Single(await Queries.ListAsync(new ExecutionFilter(), Token));
        Assert.Equal(first.IsApplied ? one.Id : other.Id, started.Id);
        Race.AssertOrder(meeting, first.IsApplied);
    }

    [Race(OneHalts = false, OtherHalts = false)]
    public async Task Change_and_removal(Meeting meeting)
    {
        var made = await MakeAsync(NewRow("daily"));
        var elsewhere = await ElsewhereAsync();
        var start = NewStart();
        ScheduleAnswer? changed = null, removed = null;

        await Race.PlayAsync(
            meeting,
            async _ => changed = await RepeatAsync(
                Schedules, Change(made, NewRow("daily")) with { Operations = [start] }),
            async _ => removed = await RepeatAsync(
                SchedulesOf(elsewhere), Removal(made)));

        Assert.True(changed!.IsApplied != removed!.IsApplied, "Not one of a change and a removal was applied.");
        Assert.Equal(changed.IsApplied ? changed.Row : null, await FindAsync("daily"));
        Assert.Equal(changed.IsApplied, await Queries.FindAsync(start.Id, Token) is not null);
        Race.AssertOrder(meeting, changed.IsApplied);
    }

    [Case]
    public async Task Of_many_who_advance_a_schedule_each_step_is_applied_once()
    {
        const int Steps = 40;
        var stores = await OpenManyAsync(4);
        await MakeAsync(NewRow("every second") with { Progress = Make.Text("0") });
        var applied = new ConcurrentBag<int>();

        await Threads.RunAsync(stores.Select(store => (Func<Task>)(async () =>
        {
            var schedules = SchedulesOf(store);
            while ((await schedules.FindAsync("every second", Token))! is var row && Step(row) < Steps)
            {
                var next = Step(row) + 1;
                var to = row with { ChangeId = NewChangeId(), Progress = Make.Text($"{next}") };
                var answer = await RepeatAsync(
                    schedules, Change(row, to) with { Operations = [NewStart($"instant-{next}")] });
                if (answer.IsApplied)
                {
                    Assert.Equal(AnswerKind.Started, answer.Answers[0].Kind);
                    applied.Add(next);
                }
            }
        })));

        Assert.Equal(Enumerable.Range(1, Steps), applied.Order());
        Assert.Equal(Steps, (await Queries.ListAsync(new ExecutionFilter { Limit = 1000 }, Token)).Count);
    }

    [Case]
    public async Task Changes_and_batches_about_the_same_executions_do_not_get_stuck()
    {
        const int Rounds = 30;
        var stores = await OpenManyAsync(4);
        var ids = await StartManyAsync(20);
        var names = new[] { "one", "two" };
        foreach (var name in names)
        {
            await MakeAsync(NewRow(name));
        }

        await Threads.RunAsync(stores.Select((store, index) => (Func<Task>)(async () =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                StoreOperation[] operations =
                [
                    NewStart($"key-{(index * Rounds) + round}"),
                    .. (index % 2 == 0 ? ids : Enumerable.Reverse(ids)).Select(Make.Cancel),
                    NewStart($"key-{round}"),
                ];
                if (index < names.Length)
                {
                    var row = (await SchedulesOf(store).FindAsync(names[index], Token))!;
                    var to = row with { ChangeId = NewChangeId() };
                    await RepeatAsync(SchedulesOf(store), Change(row, to) with { Operations = operations });
                }
                else
                {
                    await RepeatAsync(
                        () => store.CommitAsync(new CommitBatch(SessionId.None, operations), Token));
                }
            }
        })));

        Assert.All(ids, id => Assert.Equal(ExecutionState.Cancelled, RowAsync(id).GetAwaiter().GetResult().State));
    }

    private static int Step(ScheduleRow row) =>
        int.Parse(row.Progress.Data.Span, System.Globalization.CultureInfo.InvariantCulture);

    private async Task<IWorkflowStore> ElsewhereAsync() =>
        Store.Capabilities.ManyProcesses ? await Harness.OpenAsync(cancellationToken: Token) : Store;
}
