namespace Hydra.Testing;

/// <summary>The edges of what can be kept: large payloads, all of Unicode, every number, every microsecond.</summary>
internal sealed class EnvelopeConformance(StoreHarness harness) : StoreTest(harness)
{
    private const int TwoMebibytes = 2 * 1024 * 1024;

    /// <summary>Strings that some collation, normalisation, padding, pattern or quoting would confuse.</summary>
    private static readonly string[] Lookalikes =
    [
        "a", "A", "a ", "a  ", " a", "a\t", "a\n", "a\r\n", "á", "a\u0301", "ä", "ae", "æ", "ß", "ss", "SS", "i", "I",
        "ı", "İ", "k", "K", "\u212A", "\uFF21", "a\u200B", "a\u00AD", "\uFEFFa", "😀", "😁", "\U0010FFFF", "\uFFFF",
        "\uE000", "1", "01", "1.0", "1e0", "0x1", "%", "_", "a%", "a_", "'", "''", "\"", "\\", "\\\\", "`", ";", "--",
        "$1", "@p", ":p", "?", "{}", "null", "NULL", "true", "日本語", "עברית", "ไทย", "\u202Ea", " ", "\u00A0",
    ];

    [Case]
    public async Task A_payload_that_no_version_can_read_blocks_nobody_and_is_kept()
    {
        var worker = await JoinAsync();
        var bad = Payload.FromStore(new byte[] { 2, 0, 7 });
        var poisoned = await StartAsync(start => start with { Input = start.Input with { Input = bad } });
        var healthy = await StartAsync();

        var claimed = (await worker.ClaimAsync()).Executions;

        Assert.Equal(new[] { poisoned, healthy }.Order(), claimed.Select(one => one.Row.Id).Order());
        var kept = (await JournalAsync(poisoned))[0].Input;
        Assert.False(kept.IsReadable);
        Assert.Equal(bad.Envelope.ToArray(), kept.Envelope.ToArray());
    }

    [Case]
    public async Task A_payload_of_two_mebibytes_is_kept_wherever_it_stands()
    {
        var worker = await JoinAsync();
        var large = Payload.Create(Bytes(TwoMebibytes), "application/octet-stream");
        var row = await StartClaimedAsync(worker, start => start with { Input = start.Input with { Input = large } });
        var step = Make.Step(row, 1) with { Input = large, Output = large };
        var failed = Make.Try(row, "charge") with { Input = large, Failure = large };
        await worker.ApplyAsync(Make.Release(row, step) with { Tries = [failed] });

        var claimed = Assert.Single((await worker.ClaimAsync()).Executions);

        Assert.Equal(large, claimed.Entries[0].Input);
        Assert.Equal(step, claimed.Entries[1]);
        Assert.Equal(failed, Assert.Single(await Queries.ReadTriesAsync(row.Id, Token)));
        Assert.Equal(claimed.Entries, await JournalAsync(row.Id));
    }

    [Case]
    public async Task Failures_and_differences_may_be_large()
    {
        var worker = await JoinAsync();
        var large = Payload.Create(Bytes(TwoMebibytes));
        var (cancelled, refused) = (await StartAsync(), await StartClaimedAsync(worker));
        var pending = await StartAsync();

        await worker.ApplyAsync(Make.Advance(refused) with
        {
            Settlement = new Settlement.Refused("build-1", large) { LastSeq = 0 },
        });
        await CommitAsync(Make.Cancel(pending) with { Failure = large });

        Assert.NotEqual(cancelled, pending);
        Assert.Equal(large, Assert.Single(await Queries.ReadRefusalsAsync(refused.Id, Token)).Difference);
        Assert.Equal(large, (await JournalAsync(pending))[1].Output);
    }

    [Case]
    public async Task The_envelope_is_kept_to_the_byte()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        Payload[] payloads =
        [
            default,
            Payload.Create([]),
            Payload.Create(Bytes(256)),
            Payload.Create([0], "application/octet-stream", version: 65_535),
            Payload.Create("{\"a\":\"\\u0000\"}"u8, "application/x-änderung; q=1", version: 1),
        ];
        var entries = payloads.Select((payload, index) => Make.Step(row, index + 1) with
        {
            Input = payload,
            Output = payloads[^(index + 1)],
        }).ToArray();

        await worker.ApplyAsync(Make.Advance(row, entries));

        var kept = (await JournalAsync(row.Id)).Skip(1).ToList();
        Assert.Equal(entries, kept);
        Assert.True(kept[0].Input.IsNone);
        Assert.False(kept[1].Input.IsNone);
    }

    [Case]
    public async Task Keys_differ_by_every_character()
    {
        var starts = Lookalikes.Select(key => NewStart(key)).ToArray();

        var answers = await CommitAsync([.. starts]);

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Started, answer.Kind));
        foreach (var start in starts)
        {
            var row = await Queries.FindByKeyAsync(start.Key!, Token);
            Assert.Equal((start.Id, start.Key), (row?.Id, row?.Key));
            Assert.Equal(AnswerKind.Existing, (await CommitAsync(NewStart(start.Key))).Kind);
        }
    }

    [Case]
    public async Task Workflows_differ_by_every_character()
    {
        var worker = await JoinAsync();
        var starts = Lookalikes.Select(name => NewStart() with { Workflow = name }).ToArray();
        await CommitAsync([.. starts]);

        foreach (var start in starts)
        {
            var listed = await Queries.ListAsync(new ExecutionFilter { Workflow = start.Workflow }, Token);
            var claimed = await worker.ClaimAsync(request => request with { Workflows = [start.Workflow] });

            Assert.Equal(start.Id, Assert.Single(listed).Id);
            var row = Assert.Single(claimed.Executions).Row;
            Assert.Equal((start.Id, start.Workflow), (row.Id, row.Workflow));
        }
    }

    [Case]
    public async Task Names_in_journals_tries_sessions_and_refusals_are_kept()
    {
        var session = NewSession("wörker 😀'\"", "1.0+ä") with { Host = "höst", Workflows = Lookalikes };
        await Store.OpenSessionAsync(session, Token);
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var entries = Lookalikes.Select((name, index) => Make.Step(row, index + 1) with { Key = name, Worker = name });
        var tries = Lookalikes.Select(name => Make.Try(row, name) with { Worker = name }).ToList();

        await worker.ApplyAsync(Make.Refuse(row, "1.0+ä", [.. entries]) with { Tries = tries });

        Assert.Equal(entries, (await JournalAsync(row.Id)).Skip(1));
        Assert.Equal(tries.ToHashSet(), (await Queries.ReadTriesAsync(row.Id, Token)).ToHashSet());
        Assert.Equal("1.0+ä", Assert.Single(await Queries.ReadRefusalsAsync(row.Id, Token)).Build);
        var kept = Assert.Single(await Queries.ListSessionsAsync(Token), listed => listed.Id == session.Id);
        Assert.Equal((session.Worker, session.Build, session.Host), (kept.Worker, kept.Build, kept.Host));
        Assert.Equal(Lookalikes, kept.Workflows);
    }

    [Case]
    public async Task Long_names_are_kept()
    {
        var start = NewStart(key: new string('k', 255)) with { Workflow = new string('w', 255) };

        await CommitAsync(start, NewStart(key: new string('k', 254)));

        var row = await Queries.FindByKeyAsync(start.Key!, Token);
        Assert.Equal((start.Id, start.Key, start.Workflow), (row?.Id, row?.Key, row?.Workflow));
    }

    [Case]
    public async Task Numbers_are_kept_to_their_edges()
    {
        var session = NewSession() with { Id = new SessionId(long.MaxValue), Concurrency = int.MaxValue };
        await Store.OpenSessionAsync(session, Token);
        var worker = new Worker(Store, session);
        var row = await StartClaimedAsync(worker, start => start with
        {
            MaxAttempts = int.MaxValue,
            RetryBackoff = TimeSpan.FromDays(10_000_000),
        });
        var step = Make.Step(row, 1) with
        {
            Position = int.MaxValue,
            Ordinal = int.MaxValue,
            Attempt = int.MaxValue,
            OriginSeq = long.MaxValue,
            StartedAt = new Instant(-1),
            At = Instant.Never,
        };
        var failed = Make.Try(row, "charge", int.MaxValue) with
        {
            ExecutionAttempt = int.MaxValue,
            RetryAt = Instant.Never,
        };

        await worker.ApplyAsync(Make.Advance(row, step) with { Tries = [failed] });

        Assert.Equal(step, (await JournalAsync(row.Id))[1]);
        Assert.Equal(failed, Assert.Single(await Queries.ReadTriesAsync(row.Id, Token)));
        Assert.Equal(int.MaxValue, row.MaxAttempts);
        Assert.Equal(TimeSpan.FromDays(10_000_000), row.RetryBackoff);
        Assert.Equal(long.MaxValue, row.Owner.Value);
        Assert.Equal(int.MaxValue, Assert.Single(await Queries.ListSessionsAsync(Token)).Concurrency);
    }

    [Case]
    public async Task Time_is_kept_to_the_microsecond_and_cut_below()
    {
        // The clock stands at seven tenths of a microsecond.
        var before = await Queries.NowAsync(Token);
        Clock.Advance(TimeSpan.FromTicks(2));
        var same = await Queries.NowAsync(Token);
        Clock.Advance(TimeSpan.FromTicks(1));
        var next = await Queries.NowAsync(Token);
        var row = await RowAsync(await StartAsync(start => start with { Delay = TimeSpan.FromMicroseconds(1) }));

        Assert.Equal(before, same);
        Assert.Equal(new Instant(before.Micros + 1), next);
        Assert.Equal((next.Micros, next.Micros + 1), (row.CreatedAt.Micros, row.DueAt.Micros));
    }

    [Case]
    public async Task Waits_may_be_longer_than_a_life()
    {
        var worker = await JoinAsync();
        var (century, longest, retried) = (
            await StartClaimedAsync(worker), await StartClaimedAsync(worker), await StartClaimedAsync(worker));
        var inACentury = Now.Plus(TimeSpan.FromDays(36_525));

        await worker.CommitAsync(
            Make.Sleep(century, inACentury),
            Make.Sleep(longest, new Instant(long.MaxValue - 1)),
            Make.Retry(retried, TimeSpan.MaxValue));

        Assert.Equal(inACentury, (await RowAsync(century.Id)).DueAt);
        Assert.Equal(long.MaxValue - 1, (await RowAsync(longest.Id)).DueAt.Micros);
        Assert.Equal(Now.Plus(TimeSpan.MaxValue), (await RowAsync(retried.Id)).DueAt);
        Assert.Equal(inACentury, (await worker.ClaimAsync()).NextDue);

        var alone = await StartClaimedAsync(worker);
        await worker.CommitAsync(Make.Retry(alone, TimeSpan.MaxValue));
        Assert.Equal(Now.Plus(TimeSpan.MaxValue), (await RowAsync(alone.Id)).DueAt);
    }

    [Case]
    public async Task A_timeout_of_what_is_due_never_passes_never()
    {
        var worker = await JoinAsync();
        var id = await StartAsync(start => start with { DueAt = Instant.Never, Timeout = Hour });
        Clock.Advance(TimeSpan.FromDays(10_000));

        Assert.Equal(Instant.Never, (await RowAsync(id)).DueAt);
        Assert.Empty((await worker.MaintainAsync()).TimedOut);
        Assert.Empty(await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task Ids_sort_by_their_bytes()
    {
        ExecutionId[] ids =
        [
            ExecutionId.FromBytes(Convert.FromHexString("00000000000000000000000000000001")),
            ExecutionId.FromBytes(Convert.FromHexString("000000ff00000000000000000000ff00")),
            ExecutionId.FromBytes(Convert.FromHexString("01000000000000000000000000000000")),
            ExecutionId.FromBytes(Convert.FromHexString("0100000000ff7fff80ff00000000007f")),
            ExecutionId.FromBytes(Convert.FromHexString("7fffffffffffffffffffffffffffffff")),
            ExecutionId.FromBytes(Convert.FromHexString("80000000000000000000000000000000")),
            ExecutionId.FromBytes(Convert.FromHexString("ffffffffffffffffffffffffffffffff")),
        ];
        await CommitAsync([.. ids.OrderBy(id => id.Shard).Select(id => Make.Start(id))]);

        var all = await Queries.ListAsync(new ExecutionFilter(), Token);
        var older = await Queries.ListAsync(new ExecutionFilter { Before = ids[5] }, Token);

        Assert.Equal(Enumerable.Reverse(ids), all.Select(row => row.Id));
        Assert.Equal(Enumerable.Reverse(ids[..5]), older.Select(row => row.Id));
        foreach (var id in ids)
        {
            Assert.Equal(id, Assert.Single([(await RowAsync(id)).Id]));
        }
    }

    /// <summary>Bytes of every value, without a period that a page or a block could hide.</summary>
    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)(i + (i >> 8) + (i >> 16));
        }

        return bytes;
    }
}
