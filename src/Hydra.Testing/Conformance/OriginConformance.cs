namespace Hydra.Testing;

/// <summary>Where executions came from, and the entries that a fork begins with.</summary>
internal sealed class OriginConformance(StoreHarness harness) : StoreTest(harness)
{
    private static readonly ExecutionId Source = ExecutionId.Create(1_700_000_000_000, 7, 3);

    [Case]
    public async Task An_origin_is_kept_with_its_execution()
    {
        Origin[] origins =
        [
            Origin.OfSchedule("daily-report", new Instant(1_234_567)),
            Origin.OfRerun(Source),
            Origin.OfFork(Source, "charge#2", 12, ForkEdits.StepInput | ForkEdits.WorkflowInput),
            Origin.OfSchedule("täglich", Instant.Never),
        ];
        var starts = origins
            .Select((origin, i) => NewStart(i % 2 == 0 ? $"order-{i}" : null) with { Origin = origin }).ToArray();

        var answers = await CommitAsync([.. starts, NewStart("order-9")]);

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Started, answer.Kind));
        for (var i = 0; i < origins.Length; i++)
        {
            Assert.Equal(origins[i], await Queries.FindOriginAsync(starts[i].Id, Token));
        }

        Assert.Null(await Queries.FindOriginAsync(answers[^1].Id, Token));
        Assert.Null(await Queries.FindOriginAsync(NewId(), Token));
    }

    [Case]
    public async Task A_direct_start_with_an_origin_commits_beside_other_work()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var start = NewStart() with { Origin = Origin.OfRerun(row.Id), Owner = worker.Session };

        var answer = await worker.Store.CommitAsync(
            new CommitBatch(worker.Session, [start, NewStart(), Make.Finish(row)]), Token);

        Assert.True(answer.Answers[0].Owned);
        Assert.Equal(Origin.OfRerun(row.Id), await Queries.FindOriginAsync(start.Id, Token));
    }

    [Case]
    public async Task What_was_made_of_an_execution_is_listed_in_pages()
    {
        var other = await Harness.OpenAsync("others", cancellationToken: Token);
        await other.CommitAsync(
            new CommitBatch(SessionId.None, [NewStart() with { Origin = Origin.OfRerun(Source) }]), Token);
        var starts = new List<StartOperation>();
        for (var i = 0; i < 5; i++)
        {
            Clock.Advance(Second);
            starts.Add(NewStart() with { Origin = Origin.OfFork(Source, $"step-{i}", i, ForkEdits.None) });
            await CommitAsync(starts[^1], NewStart() with { Origin = Origin.OfRerun(starts[0].Id) });
        }

        var expected = starts.OrderBy(static start => start.Id)
            .Select(static start => new OriginRow(start.Id, start.Origin!)).ToList();
        var first = await Queries.ListDescendantsAsync(Source, null, 2, Token);
        var rest = await Queries.ListDescendantsAsync(Source, first[1].Execution, 1_000, Token);

        Assert.Equal(expected, first.Concat(rest));
        Assert.Equal(5, (await Queries.ListDescendantsAsync(starts[0].Id, null, 1_000, Token)).Count);
        Assert.Empty(await Queries.ListDescendantsAsync(starts[1].Id, null, 1_000, Token));
        Assert.Empty(await Queries.ListDescendantsAsync(Source, expected[^1].Execution, 1_000, Token));
    }

    [Case]
    public async Task A_start_whose_key_is_taken_leaves_nothing()
    {
        var holder = await StartAsync(start => start with { Key = "order-1" });
        StartOperation[] late = [Fork("order-1"), Fork("order-1") with { InputHash = "another" }];

        var answers = await CommitAsync([.. late, NewStart()]);

        Assert.Equal(
            [AnswerKind.Existing, AnswerKind.Conflict, AnswerKind.Started], answers.Select(answer => answer.Kind));
        Assert.Null(await Queries.FindOriginAsync(holder, Token));
        Assert.Empty(await Queries.ListDescendantsAsync(Source, null, 10, Token));
        foreach (var start in late)
        {
            Assert.Empty(await JournalAsync(start.Id));
        }
    }

    [Case(false)]
    [Case(true)]
    public async Task An_execution_may_begin_with_entries(bool keyed)
    {
        var worker = await JoinAsync();
        var start = Fork(keyed ? "order-1" : null);
        await CommitAsync(start, NewStart());

        Assert.Equal(start.Prefix, (await JournalAsync(start.Id)).Skip(1));
        var row = await RowAsync(start.Id);
        Assert.Equal((3L, ExecutionState.Pending), (row.LastSeq, row.State));
        var claimed = Assert.Single(
            (await worker.ClaimAsync()).Executions, execution => execution.Row.Id == start.Id);
        Assert.Equal(start.Prefix, claimed.Entries.Skip(1));
        Assert.Equal(Now, claimed.Entries[0].At);
        Assert.Equal(3, claimed.Row.LastSeq);
        await worker.ApplyAsync(Make.Advance(claimed.Row, Make.Step(claimed.Row, 4)));
        await worker.ApplyAsync(Make.Finish(claimed.Row, 5));
        Assert.Equal(6, (await JournalAsync(start.Id)).Count);
        Assert.Equal(5, (await RowAsync(start.Id)).LastSeq);
    }

    [Case(false)]
    [Case(true)]
    public async Task A_fork_that_is_submitted_again_is_one(bool keyed)
    {
        var worker = await JoinAsync();
        var start = Fork(keyed ? "order-1" : null);
        await CommitAsync(start);
        var before = await DumpAsync(start.Id);

        Assert.Equal(AnswerKind.Started, (await CommitAsync(start)).Kind);
        Assert.Equal(before, await DumpAsync(start.Id));
        var row = await worker.ClaimOneAsync();
        await worker.ApplyAsync(Make.Finish(row, 4));
        before = await DumpAsync(start.Id);

        Assert.Equal(AnswerKind.Started, (await CommitAsync(start, NewStart()))[0].Kind);
        Assert.Equal(before, await DumpAsync(start.Id));
        Assert.Single(await Queries.ListDescendantsAsync(Source, null, 10, Token));
    }

    [Case]
    public async Task What_ends_before_it_begins_ends_behind_its_entries()
    {
        var (first, second, third) = (Fork(), Fork(), Fork("order-1"));
        await CommitAsync(first, Make.Cancel(first.Id));
        await CommitAsync(second, third);

        await CommitAsync(Make.Terminate(second.Id), Make.Cancel(third.Id));

        foreach (var start in new[] { first, second, third })
        {
            var journal = await JournalAsync(start.Id);
            Assert.Equal((4L, EntryKind.Terminal), (journal[^1].Seq, journal[^1].Kind));
            Assert.Equal(4, (await RowAsync(start.Id)).LastSeq);
        }
    }

    [Case]
    public async Task A_fork_within_a_transaction_is_there_from_its_commit_on()
    {
        await using var connection = await Harness.OpenConnectionAsync();
        SkipUnless(connection is not null, "The store takes part in no transactions of others.");
        var start = Fork("order-1");
        await using (var undone = await connection!.BeginTransactionAsync(Token))
        {
            await Store.Transactions!.WriteAsync(undone, [start], Token);
            await undone.RollbackAsync(Token);
        }

        Assert.Null(await Queries.FindOriginAsync(start.Id, Token));
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await Store.Transactions!.WriteAsync(transaction, [start], Token);
            await transaction.CommitAsync(Token);
        }

        Assert.Equal(start.Origin, await Queries.FindOriginAsync(start.Id, Token));
        Assert.Equal(start.Prefix, (await JournalAsync(start.Id)).Skip(1));
        Assert.Equal(3, (await RowAsync(start.Id)).LastSeq);
    }

    [Case]
    public async Task Many_and_large_entries_are_kept()
    {
        var payload = Make.Text($"\"{new string('x', 1_000_000)}\"");
        var start = Fork();
        start = start with
        {
            Prefix =
            [
                .. Enumerable.Range(1, 2_000).Select(seq =>
                    start.Prefix[0] with { Seq = seq, Output = seq % 1_000 == 0 ? payload : Make.Text($"{seq}") }),
            ],
        };

        await CommitAsync(start);

        Assert.Equal(start.Prefix, (await JournalAsync(start.Id)).Skip(1));
    }

    [Case]
    public async Task Entries_that_no_fork_has_are_refused()
    {
        var worker = await JoinAsync();
        var start = Fork();
        StartOperation[] refused =
        [
            start with { Owner = worker.Session },
            start with { Prefix = [start.Prefix[1]] },
            start with { Prefix = [start.Prefix[0] with { Kind = EntryKind.Terminal }] },
            start with { Prefix = [start.Prefix[0] with { Kind = EntryKind.Input }] },
            start with { Prefix = [start.Prefix[0] with { Kind = EntryKind.Timeout }], Timeout = Hour },
            start with { Origin = start.Origin! with { Kind = default } },
            start with { Origin = start.Origin! with { Name = "a\0b" } },
        ];

        foreach (var one in refused)
        {
            await AssertDeterministicAsync(() => CommitAsync(one));
        }

        Assert.Null(await Queries.FindAsync(start.Id, Token));
    }

    private StartOperation Fork(string? key = null)
    {
        var start = NewStart(key);
        var entry = new JournalEntry
        {
            Seq = 1,
            Kind = EntryKind.Step,
            Key = "charge",
            Input = Make.Text("1"),
            Output = Make.Text("2"),
            At = new Instant(1_000_002),
            StartedAt = new Instant(1_000_001),
            Attempt = 2,
            Epoch = 0,
        };
        return start with
        {
            Origin = Origin.OfFork(Source, "ship", 3, ForkEdits.StepInput),
            Prefix =
            [
                entry,
                entry with
                {
                    Seq = 2, Kind = EntryKind.Sleep, Key = "sleep", Position = 1, StartedAt = entry.At, Attempt = 0,
                },
                entry with { Seq = 3, Kind = EntryKind.Forked, Key = "ship", Position = 2, Output = default },
            ],
        };
    }
}
