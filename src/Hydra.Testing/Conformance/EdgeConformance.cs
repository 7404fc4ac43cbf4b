namespace Hydra.Testing;

/// <summary>
/// The outermost values at the seam: kept exactly, or refused by every store alike and with a clear error.
/// </summary>
internal sealed class EdgeConformance(StoreHarness harness) : StoreTest(harness)
{
    private const int TwoMebibytes = 2 * 1024 * 1024;

    /// <summary>Texts that some database keeps and some other does not.</summary>
    private static readonly string[] Unstorable =
    [
        "\0", "a\0", "\0a", "a\0b", "\ud800", "a\ud800", "\udc00a", "\udc00\ud800", "a\ud83d b", "\ud800\ud800\udc00",
    ];

    private static readonly string[] Odd =
    [
        "\u0001", "\u001f", "\u007f", "\u0085", "\u2028", "\ufffd", "\ufffe", "\U00010000", "\U0010ffff",
        "\ud83d\udc69\u200d\ud83d\ude80", "e\u0301\u0301", "\u1e9e", "\u00df", "\u01c5", "\u03c2\u03c3", "  ", "\u3000",
    ];

    [Case]
    public async Task Texts_that_no_store_keeps_are_refused_wherever_they_stand()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var before = await Dump.NamespaceAsync(Queries, Token);

        foreach (var text in Unstorable)
        {
            foreach (var bad in Operations(row, text))
            {
                await AssertDeterministicAsync(() => worker.CommitAsync(NewStart(), bad));
            }
        }

        Assert.Equal(before, await Dump.NamespaceAsync(Queries, Token));
        await worker.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task A_refusal_says_what_was_wrong_with_what()
    {
        var nul = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(NewStart("a\0b")));
        var half = await Assert.ThrowsAsync<StoreException>(
            () => CommitAsync(NewStart() with { Workflow = "a\ud800" }));

        Assert.Contains("idempotency key has the character NUL", nul.Message, StringComparison.Ordinal);
        Assert.Contains("workflow has half of a surrogate pair", half.Message, StringComparison.Ordinal);
    }

    [Case]
    public async Task Sessions_and_rounds_with_texts_that_no_store_keeps_are_refused()
    {
        var worker = await JoinAsync();
        var before = await Queries.ListSessionsAsync(Token);

        foreach (var text in Unstorable)
        {
            SessionRow[] sessions =
            [
                NewSession(text), NewSession(build: text), NewSession() with { Host = text },
                NewSession() with { Workflows = ["order", text] },
            ];
            foreach (var session in sessions)
            {
                await AssertDeterministicAsync(() => Store.OpenSessionAsync(session, Token));
            }

            await AssertDeterministicAsync(() => worker.MaintainAsync(request => request with { Build = text }));
        }

        Assert.Equal(before.Select(Dump.Session), (await Queries.ListSessionsAsync(Token)).Select(Dump.Session));
    }

    [Case]
    public async Task Nothing_is_found_by_a_text_that_no_store_keeps()
    {
        var worker = await JoinAsync();
        await CommitAsync(NewStart("a") with { Workflow = "a" }, NewStart("\ufffd") with { Workflow = "\ufffd" });

        foreach (var text in Unstorable)
        {
            Assert.Null(await Queries.FindByKeyAsync(text, Token));
            Assert.Empty(await Queries.ListAsync(new ExecutionFilter { Workflow = text }, Token));
            Assert.Empty(await worker.ClaimIdsAsync(request => request with { Workflows = [text] }));
        }

        Assert.Equal(2, (await worker.ClaimIdsAsync(request => request with
        {
            Workflows = [.. Unstorable, "a", "\ufffd"],
        })).Count());
    }

    [Case]
    public async Task Odd_texts_are_kept_exactly()
    {
        var worker = await JoinAsync();
        foreach (var text in Odd)
        {
            var start = NewStart(text) with { Workflow = text, Owner = worker.Session };
            Assert.True((await worker.CommitAsync(start)).Owned);
            var row = await RowAsync(start.Id);
            var step = Make.Step(row, 1) with { Key = text, Worker = text };
            var failed = Make.Try(row, text) with { Worker = text };
            await worker.ApplyAsync(Make.Refuse(row, text, step) with { Tries = [failed] });

            Assert.Equal(start.Id, (await Queries.FindByKeyAsync(text, Token))?.Id);
            Assert.Equal((text, text), (row.Key, row.Workflow));
            Assert.Equal(step, (await JournalAsync(row.Id))[1]);
            Assert.Equal(failed, Assert.Single(await Queries.ReadTriesAsync(row.Id, Token)));
            Assert.Equal(text, Assert.Single(await Queries.ReadRefusalsAsync(row.Id, Token)).Build);
        }
    }

    [Case]
    public async Task Names_and_keys_have_the_same_bounds_everywhere()
    {
        var (name, key) = (new string('n', StoreRules.MaxNameLength), new string('k', StoreRules.MaxKeyLength));
        var worker = await JoinAsync(name, name);

        var start = NewStart(key) with { Workflow = name, Owner = worker.Session };
        await worker.CommitAsync(start);
        var row = await RowAsync(start.Id);
        var step = Make.Step(row, 1) with { Key = key, Worker = name };
        await worker.ApplyAsync(Make.Advance(row, step) with { Tries = [Make.Try(row, key) with { Worker = name }] });
        StoreOperation[] refused =
        [
            NewStart(key + "k"), NewStart(""), NewStart() with { Workflow = name + "n" },
            NewStart() with { Workflow = "" }, NewStart() with { MaxAttempts = 0 },
            NewStart() with { RetryBackoff = TimeSpan.FromTicks(-10) },
            NewStart() with { Priority = (ExecutionPriority)4 }, NewStart() with { Priority = (ExecutionPriority)(-1) },
            Make.Advance(row, Make.Step(row, 2) with { Key = key + "k" }),
            Make.Advance(row, Make.Step(row, 2) with { Worker = name + "n" }),
            Make.Advance(row) with { Tries = [Make.Try(row, "")] },
            Make.Advance(row) with { Tries = [Make.Try(row, key + "k")] },
            Make.Advance(row) with { Tries = [Make.Try(row, key, attempt: 0)] },
            Make.Finish(row, seq: 2, ExecutionState.Running), Make.Finish(row, seq: 2, ExecutionState.Blocked),
            Make.Settle(row, _ => new Settlement.Released { LastSeq = 1 }, Make.Step(row, 2)),
            Make.Settle(row, _ => new Settlement.Released { LastSeq = 0 }),
            Make.Settle(row, _ => new Settlement.Released { LastSeq = 2 }),
            Make.Settle(row, last => new Settlement.Suspended(ExecutionState.Pending, Now, 0) { LastSeq = last }),
        ];

        Assert.All(await JournalAsync(row.Id), entry => Assert.True(entry.Seq == 0 || entry.Key == key));
        foreach (var operation in refused)
        {
            await AssertDeterministicAsync(() => worker.CommitAsync(operation));
        }
    }

    [Case]
    public async Task Sessions_have_the_same_bounds_everywhere()
    {
        SessionRow[] refused =
        [
            NewSession() with { Id = SessionId.None }, NewSession() with { Id = new SessionId(-1) },
            NewSession() with { HeartbeatInterval = TimeSpan.Zero }, NewSession() with { ClaimTimeout = TimeSpan.Zero },
            NewSession() with { ClaimTimeout = TimeSpan.FromTicks(9) },
            NewSession() with { HeartbeatInterval = StoreRules.MaxInterval + TimeSpan.FromTicks(10) },
            NewSession() with { ClaimTimeout = TimeSpan.MaxValue }, NewSession(new string('w', 256)),
        ];
        foreach (var session in refused)
        {
            await AssertDeterministicAsync(() => Store.OpenSessionAsync(session, Token));
        }

        var longest = NewSession() with
        {
            HeartbeatInterval = StoreRules.MaxInterval,
            ClaimTimeout = StoreRules.MaxInterval,
        };
        await Store.OpenSessionAsync(longest, Token);
        await new Worker(Store, longest).MaintainAsync();
        var kept = Assert.Single(await Queries.ListSessionsAsync(Token));
        Assert.Equal((longest.HeartbeatInterval, longest.ClaimTimeout), (kept.HeartbeatInterval, kept.ClaimTimeout));
        Assert.Equal(Now.Plus(StoreRules.MaxInterval), kept.ExpiresAt);
    }

    [Case(TwoMebibytes - 1)]
    [Case(TwoMebibytes)]
    [Case(TwoMebibytes + 1)]
    [Case(0)]
    [Case(1)]
    public async Task A_payload_of_any_size_is_kept(int length)
    {
        var worker = await JoinAsync();
        var data = new byte[length];
        new Random(length).NextBytes(data);
        var payload = Payload.Create(data, "application/octet-stream");

        var row = await StartClaimedAsync(
            worker, start => start with { Input = start.Input with { Input = payload, Output = payload } });
        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1) with { Input = payload, Output = payload }));

        Assert.All(await JournalAsync(row.Id), entry => Assert.Equal((payload, payload), (entry.Input, entry.Output)));
        Assert.All(await JournalAsync(row.Id), entry => Assert.False(entry.Output.IsNone));
    }

    [Case]
    public async Task Spans_are_kept_to_the_microsecond()
    {
        var fine = TimeSpan.FromTicks(12_345_678);
        var cut = TimeSpan.FromTicks(12_345_670);
        var session = NewSession() with { HeartbeatInterval = fine, ClaimTimeout = fine };
        await Store.OpenSessionAsync(session, Token);
        var worker = new Worker(Store, session);

        var row = await StartClaimedAsync(worker, start => start with { RetryBackoff = fine, Timeout = fine });
        await worker.ApplyAsync(Make.Retry(row, fine));

        var kept = Assert.Single(await Queries.ListSessionsAsync(Token));
        var after = await RowAsync(row.Id);
        Assert.Equal((cut, cut), (kept.HeartbeatInterval, kept.ClaimTimeout));
        Assert.Equal((cut, Now.Plus(cut)), (after.RetryBackoff, after.Deadline));
        Assert.Equal(Now.Plus(cut), after.DueAt);
    }

    [Case]
    public async Task Times_at_either_end_are_kept_or_held_back()
    {
        var worker = await JoinAsync();
        var (first, last) = (new Instant(long.MinValue), Instant.Never);
        var row = await StartClaimedAsync(worker, start => start with { DueAt = first, Timeout = TimeSpan.MaxValue });
        var step = Make.Step(row, 1) with { At = last, StartedAt = first };
        var failed = Make.Try(row, "charge") with { StartedAt = first, EndedAt = first, RetryAt = last };
        await worker.ApplyAsync(Make.Advance(row, step) with { Tries = [failed] });

        await worker.ApplyAsync(Make.Sleep(row, first) with
        {
            Settlement = new Settlement.Suspended(ExecutionState.Sleeping, first, MailSeen: 0) { LastSeq = 1 },
        });

        Assert.Equal(row.CreatedAt.Plus(TimeSpan.MaxValue), row.Deadline);
        Assert.Equal(Now, (await RowAsync(row.Id)).DueAt);
        Assert.Equal(step, (await JournalAsync(row.Id))[1]);
        Assert.Equal(failed, Assert.Single(await Queries.ReadTriesAsync(row.Id, Token)));
        var far = await StartAsync(start => start with
        {
            DueAt = new Instant(long.MaxValue - 1),
            Timeout = TimeSpan.MaxValue,
        });
        Assert.Equal((long.MaxValue - 1, last), ((await RowAsync(far)).DueAt.Micros, (await RowAsync(far)).Deadline));
        var past = await StartAsync(start => start with { Delay = TimeSpan.MinValue });
        Assert.Equal(Now, (await RowAsync(past)).DueAt);
    }

    [Case]
    public async Task Numbers_out_of_all_proportion_fence_continue_or_are_refused()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var before = await DumpAsync(row.Id);

        foreach (var epoch in new[] { long.MinValue, -1, 0, long.MaxValue })
        {
            var answer = await worker.CommitAsync(Make.Advance(row) with { Epoch = epoch });
            Assert.Equal(AnswerKind.Fenced, answer.Kind);
        }

        foreach (var mail in new[] { long.MinValue, -1, 1, long.MaxValue })
        {
            Assert.Equal(AnswerKind.Continue, (await worker.CommitAsync(Make.Wait(row, mail))).Kind);
        }

        foreach (var seq in new[] { long.MinValue, -1, 0, 2, long.MaxValue - 1, long.MaxValue })
        {
            await AssertDeterministicAsync(() => worker.CommitAsync(Make.Advance(row, Make.Step(row, seq))));
            var stranger = await worker.CommitAsync(Make.Advance(row, Make.Step(row, seq)) with { Epoch = 9 });
            Assert.Equal(AnswerKind.Fenced, stranger.Kind);
        }

        Assert.Equal(before, await DumpAsync(row.Id));
        await worker.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task Pages_may_begin_and_end_anywhere()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1), Make.Step(row, 2)));

        async Task<int> CountAsync(long after, int limit) =>
            (await Queries.ReadJournalAsync(row.Id, after, limit, Token)).Count;

        Assert.Equal(3, await CountAsync(long.MinValue, int.MaxValue));
        Assert.Equal(2, await CountAsync(-1, 2));
        Assert.Equal(1, await CountAsync(1, int.MaxValue));
        Assert.Equal(0, await CountAsync(2, int.MaxValue));
        Assert.Equal(0, await CountAsync(long.MaxValue, int.MaxValue));
        Assert.Equal(0, await CountAsync(-1, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => CountAsync(-1, -1));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => Queries.ListAsync(new ExecutionFilter { Limit = 0 }, Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => Queries.ListAsync(new ExecutionFilter { Limit = 1001 }, Token));
    }

    [Case]
    public async Task Requests_may_ask_for_everything_or_nothing()
    {
        var worker = await JoinAsync();
        await CommitAsync(NewStart(), NewStart(), NewStart());

        var nothing = await worker.ClaimAsync(request => request with { Limit = 0, OldestFirst = int.MaxValue });
        var one = await worker.ClaimAsync(request => request with { MaxJournalBytes = 0 });
        var all = await worker.ClaimAsync(request => request with
        {
            Limit = int.MaxValue,
            OldestFirst = int.MaxValue,
            MaxJournalBytes = long.MaxValue,
            CachedThrough = _ => long.MaxValue,
        });
        var round = await worker.MaintainAsync(request => request with
        {
            Limit = int.MaxValue,
            SuspectAfter = int.MaxValue,
            QuarantineAfter = int.MaxValue,
            SuspectDelay = TimeSpan.MaxValue,
            MaxSuspectDelay = TimeSpan.MaxValue,
            DeadlineGrace = TimeSpan.MaxValue,
        });

        Assert.Equal((0, true), (nothing.Executions.Count, nothing.More));
        Assert.Equal((1, true), (one.Executions.Count, one.More));
        Assert.Equal((2, false), (all.Executions.Count, all.More));
        Assert.All(all.Executions, execution => Assert.Empty(execution.Entries));
        Assert.False(round.More);
    }

    [Case]
    public async Task Delays_of_suspects_stay_within_their_bound_however_often_they_crash()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        for (var crash = 1; crash <= 70; crash++)
        {
            await CrashAsync(sweeper, change: request => request with
            {
                SuspectDelay = TimeSpan.FromDays(1),
                MaxSuspectDelay = TimeSpan.FromDays(1000),
                QuarantineAfter = 1000,
            });
            var row = await RowAsync(id);
            Assert.Equal((crash, crash), (row.Crashes, row.BarrenCrashes));
            var days = crash < 2 ? 0 : Math.Min(1000, Math.Pow(2, crash - 2));
            Assert.Equal(Now.Plus(TimeSpan.FromDays(days)), row.DueAt);
            await PassAsync(TimeSpan.FromSeconds(1), sweeper);
            Clock.Advance(TimeSpan.FromDays(days));
            await sweeper.BeatAsync();
            await PassAsync(Worker.Interval * 2, sweeper);
        }
    }

    private IEnumerable<StoreOperation> Operations(ExecutionRow row, string text)
    {
        yield return NewStart(text);
        yield return NewStart() with { Workflow = text };
        yield return NewStart() with { InputHash = text };
        var start = NewStart();
        yield return start with { Input = start.Input with { Key = text } };
        yield return start with { Input = start.Input with { Worker = text } };
        yield return Make.Advance(row, Make.Step(row, 1) with { Key = text });
        yield return Make.Advance(row, Make.Step(row, 1) with { Worker = text });
        yield return Make.Advance(row) with { Tries = [Make.Try(row, text)] };
        yield return Make.Advance(row) with { Tries = [Make.Try(row, "charge") with { Worker = text }] };
        yield return Make.Refuse(row, text);
        yield return Make.Settle(row, last =>
            new Settlement.Suspended(ExecutionState.Waiting, Instant.Never, 0) { LastSeq = last, WaitsFor = text });
    }
}
