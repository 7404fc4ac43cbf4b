namespace Hydra.Testing;

/// <summary>What is told of schedules: which are due, when the next one is, and which there are.</summary>
internal sealed class ScheduleReadConformance(StoreHarness harness) : ScheduleTest(harness)
{
    /// <summary>In the order of their code points, which is not that of UTF-16: U+FFFF is before an emoji.</summary>
    private static readonly string[] Ordered =
    [
        " ", "A", "B", "a", "a\t", "a ", "a  ", "aa", "b", "ß", "ä", "日", "\ue000", "\uffff", "\U00010000", "😀",
        "\U0010ffff",
    ];

    [Case]
    public async Task Where_there_is_nothing_nothing_is_due()
    {
        var due = await Schedules.ListDueAsync(10, Token);

        Assert.Equal((Now, Instant.Never), (due.Now, due.NextDue));
        Assert.Empty(due.Schedules);
        Assert.Empty(await Schedules.ListAsync(null, 10, Token));
    }

    [Case]
    public async Task A_schedule_is_due_from_its_time_on_by_the_clock_of_the_database()
    {
        var at = Now.Plus(Minute);
        var row = await MakeAsync(NewRow("daily") with { DueAt = at });

        var before = await Schedules.ListDueAsync(10, Token);
        Clock.Advance(Minute - TimeSpan.FromMicroseconds(1));
        var just = await Schedules.ListDueAsync(10, Token);
        Clock.Advance(TimeSpan.FromMicroseconds(1));
        var due = await Schedules.ListDueAsync(10, Token);

        Assert.Equal((0, at), (before.Schedules.Count, before.NextDue));
        Assert.Equal((0, at), (just.Schedules.Count, just.NextDue));
        Assert.Equal((at, Instant.Never), (due.Now, due.NextDue));
        Assert.Equal([row], due.Schedules);
    }

    [Case]
    public async Task What_is_due_comes_in_the_order_of_time_and_then_of_names()
    {
        (string Name, int Ago)[] rows = [("c", 1), ("a", 1), ("d", 3), ("\U00010000", 2), ("\uffff", 2), ("b", 0)];
        foreach (var (name, ago) in rows)
        {
            await MakeAsync(NewRow(name) with { DueAt = Now.Plus(-ago * Second) });
        }

        await MakeAsync(NewRow("later") with { DueAt = Now.Plus(Minute) });
        await MakeAsync(NewRow("next") with { DueAt = Now.Plus(Second) });

        var all = await Schedules.ListDueAsync(1000, Token);
        var some = await Schedules.ListDueAsync(4, Token);

        string[] expected = ["d", "\uffff", "\U00010000", "a", "c", "b"];
        Assert.Equal(expected, all.Schedules.Select(row => row.Name));
        Assert.Equal(expected[..4], some.Schedules.Select(row => row.Name));
        Assert.Equal((Now.Plus(Second), Now.Plus(Second)), (all.NextDue, some.NextDue));
    }

    [Case]
    public async Task What_is_paused_or_has_nothing_left_is_never_due()
    {
        await MakeAsync(NewRow("paused") with { DueAt = Instant.Never, Paused = true });
        await MakeAsync(NewRow("exhausted") with { DueAt = Instant.Never });
        Clock.Advance(TimeSpan.FromDays(40_000));

        var due = await Schedules.ListDueAsync(10, Token);

        Assert.Equal((0, Instant.Never), (due.Schedules.Count, due.NextDue));
        Assert.Equal(2, (await Schedules.ListAsync(null, 10, Token)).Count);
    }

    [Case]
    public async Task What_a_change_moves_is_due_when_it_says()
    {
        var row = await MakeAsync(NewRow("daily") with { DueAt = Now });

        var later = await ChangeAsync(row, Now.Plus(Hour));
        var moved = await Schedules.ListDueAsync(10, Token);
        var paused = await ChangeAsync(later, Instant.Never);
        var never = await Schedules.ListDueAsync(10, Token);
        await ChangeAsync(paused, new Instant(0));
        var overdue = await Schedules.ListDueAsync(10, Token);

        Assert.Equal((0, Now.Plus(Hour)), (moved.Schedules.Count, moved.NextDue));
        Assert.Equal((0, Instant.Never), (never.Schedules.Count, never.NextDue));
        Assert.Equal((1, Instant.Never), (overdue.Schedules.Count, overdue.NextDue));
    }

    [Case]
    public async Task Names_are_kept_apart_and_listed_in_the_order_of_their_code_points()
    {
        foreach (var name in Ordered.Reverse())
        {
            await MakeAsync(NewRow(name));
        }

        var all = await Schedules.ListAsync(null, 1000, Token);
        var paged = new List<string>();
        for (string? last = null; await Schedules.ListAsync(last, 3, Token) is { Count: > 0 } page;)
        {
            paged.AddRange(page.Select(row => row.Name));
            last = page[^1].Name;
        }

        Assert.Equal(Ordered, all.Select(row => row.Name));
        Assert.Equal(Ordered, paged);
        Assert.Equal(["b"], (await Schedules.ListAsync("ab", 1, Token)).Select(row => row.Name));
        foreach (var name in Ordered)
        {
            Assert.Equal(name, (await FindAsync(name))?.Name);
        }
    }

    [Case]
    public async Task Limits_and_beginnings_that_mean_nothing_are_refused()
    {
        var schedules = Schedules;

        foreach (var limit in new[] { -1, 0, 1001 })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => schedules.ListAsync(null, limit, Token));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => schedules.ListDueAsync(limit, Token));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => schedules.ListAsync("a\0", 1, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => schedules.ListAsync("\ud800", 1, Token));
    }

    [Case]
    public async Task Changes_that_no_store_keeps_are_refused()
    {
        var worker = await JoinAsync();
        var made = await MakeAsync(NewRow("daily"));
        var row = NewRow("daily");
        var change = Change(made, row);
        string[] names = ["", new('a', 256), "a\0", "\ud800"];
        ScheduleChange[] bad =
        [
            .. names.Select(name => Creation(NewRow(name))),
            .. names.Select(name => change with { Row = row with { Workflow = name } }),
            change with { Row = row with { Name = "hourly" } },
            change with { Row = row with { ChangeId = 0 } },
            change with { Row = row with { ChangeId = -1 } },
            change with { Row = row with { ChangeId = made.ChangeId } },
            change with { Row = row with { Paused = true } },
            change with { ExpectedChange = 0 },
            Removal(made) with { ExpectedChange = null },
            Removal(made) with { Operations = [NewStart()] },
            change with { Operations = [NewStart() with { Owner = worker.Session }] },
            change with { Operations = [Make.Terminate(NewId())] },
            change with { Operations = [NewStart() with { Workflow = "a\0" }] },
        ];

        foreach (var one in bad)
        {
            await AssertDeterministicAsync(() => ApplyAsync(one));
        }

        Assert.Equal([made], await Schedules.ListAsync(null, 10, Token));
        Assert.Empty(await Queries.ListAsync(new ExecutionFilter(), Token));
        await MakeAsync(NewRow(new string('ä', 255)));
    }

    [Case("other")]
    [Case("Tests")]
    [Case("tests ")]
    public async Task Namespaces_know_nothing_of_each_other_s_schedules(string name)
    {
        var other = await Harness.OpenAsync(name);
        var made = await MakeAsync(NewRow("daily") with { DueAt = Now });
        var start = NewStart("key");
        await CommitAsync(start);

        var stale = await SchedulesOf(other).ApplyAsync(Change(made, NewRow("daily")), Token);
        Assert.Equal((false, null), (stale.IsApplied, stale.Row));
        Assert.Null(await SchedulesOf(other).FindAsync("daily", Token));
        Assert.Empty(await SchedulesOf(other).ListAsync(null, 10, Token));
        var due = await SchedulesOf(other).ListDueAsync(10, Token);
        Assert.Equal((0, Instant.Never), (due.Schedules.Count, due.NextDue));

        var twin = made with { Progress = Make.Text("9"), DueAt = Now.Plus(Minute) };
        var foreign = Make.Start(NewId("key", name), "key");
        var answer = await SchedulesOf(other).ApplyAsync(
            Creation(twin) with { Operations = [foreign, Make.Cancel(start.Id)] }, Token);
        Assert.True(answer.IsApplied);
        Assert.Equal([AnswerKind.Started, AnswerKind.NotFound], answer.Answers.Select(one => one.Kind));
        Assert.True((await SchedulesOf(other).ApplyAsync(Removal(twin), Token)).IsApplied);

        Assert.Equal([made], (await Schedules.ListDueAsync(10, Token)).Schedules);
        Assert.Equal(ExecutionState.Pending, (await RowAsync(start.Id)).State);
        Assert.NotNull(await other.Queries.FindAsync(foreign.Id, Token));
    }
}
