using System.Collections.Concurrent;

namespace Hydra.Testing;

/// <summary>Several stores on one database, each on its own thread: nothing is done twice, nothing is lost.</summary>
internal sealed class ConcurrencyConformance(StoreHarness harness) : ConcurrentTest(harness)
{
    private const int MostRounds = 100_000; // A bound for loops that end by the work being done.

    [Case]
    public async Task Nothing_is_claimed_twice_and_nothing_is_left()
    {
        var workers = await JoinManyAsync(4);
        var ids = await StartManyAsync(300);
        var claimed = new ConcurrentBag<ExecutionRow>();

        await Threads.RunAsync(workers.Select(worker => (Func<Task>)(async () =>
        {
            for (var round = 0; claimed.Count < ids.Count && round < MostRounds; round++)
            {
                var answer = await worker.ClaimAsync(request => request with { Limit = 7, OldestFirst = 1 });
                foreach (var execution in answer.Executions)
                {
                    claimed.Add(execution.Row);
                }
            }
        })));

        Assert.Equal(ids.Order(), claimed.Select(row => row.Id).Order());
        foreach (var row in claimed)
        {
            Assert.Equal(Make.Comparable(row), await RowAsync(row.Id));
            Assert.Equal(1, row.Epoch);
        }
    }

    [Case]
    public async Task What_is_started_meanwhile_is_claimed_and_finished_once()
    {
        const int count = 150;
        var workers = await JoinManyAsync(3);
        var starter = await Harness.OpenAsync();
        var starts = Enumerable.Range(0, count).Select(_ => NewStart()).ToList();
        var finished = new ConcurrentBag<ExecutionId>();
        var works = workers.Select(worker => (Func<Task>)(async () =>
        {
            for (var round = 0; finished.Count < count && round < MostRounds; round++)
            {
                var answer = await worker.ClaimAsync(request => request with { Limit = 5 });
                var rows = answer.Executions.Select(execution => execution.Row).ToList();
                await worker.CommitAsync([.. rows.Select(row => Make.Advance(row, Make.Step(row, 1)))]);
                await worker.CommitAsync([.. rows.Select(row => Make.Finish(row, seq: 2))]);
                rows.ForEach(row => finished.Add(row.Id));
            }
        }));

        await Threads.RunAsync(works.Append(async () =>
        {
            foreach (var chunk in starts.Chunk(10))
            {
                await starter.CommitAsync(new CommitBatch(SessionId.None, [.. chunk]), Token);
            }
        }));

        Assert.Equal(starts.Select(start => start.Id), finished.Order());
        foreach (var id in finished)
        {
            var row = await RowAsync(id);
            Assert.Equal((ExecutionState.Completed, 1L, 2L), (row.State, row.Epoch, row.LastSeq));
        }
    }

    [Case]
    public async Task Of_equal_starts_with_one_key_one_makes_the_execution()
    {
        const int keys = 40;
        var stores = await OpenManyAsync(4);
        var answers = new ConcurrentBag<(int Key, OperationAnswer Answer)>();

        await Threads.RunAsync(stores.Select(store => (Func<Task>)(async () =>
        {
            for (var key = 0; key < keys; key++)
            {
                var start = NewStart($"order-{key}");
                var answer = await store.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);
                answers.Add((key, answer.Answers[0]));
            }
        })));

        foreach (var group in answers.GroupBy(answer => answer.Key, answer => answer.Answer))
        {
            Assert.Single(group, answer => answer.Kind == AnswerKind.Started);
            Assert.Equal(3, group.Count(answer => answer.Kind == AnswerKind.Existing));
            Assert.Single(group.Select(answer => answer.Id).Distinct());
        }

        Assert.Equal(keys, (await Queries.ListAsync(new ExecutionFilter { Limit = 1000 }, Token)).Count);
    }

    [Case]
    public async Task Batches_of_starts_in_any_order_of_keys_do_not_get_stuck()
    {
        var stores = await OpenManyAsync(4);
        var keys = Enumerable.Range(0, 50).Select(key => $"order-{key}").ToList();
        var started = new ConcurrentBag<ExecutionId>();

        await Threads.RunAsync(stores.Select((store, index) => (Func<Task>)(async () =>
        {
            var order = index % 2 == 0 ? keys : Enumerable.Reverse(keys);
            var batch = order.Select(key => NewStart(key)).ToList();
            var answer = await RepeatAsync(() => store.CommitAsync(new CommitBatch(SessionId.None, batch), Token));
            foreach (var one in answer.Answers.Where(answer => answer.Kind == AnswerKind.Started))
            {
                started.Add(one.Id);
            }
        })));

        Assert.Equal(keys.Count, started.Count);
        Assert.Equal(keys.Count, (await Queries.ListAsync(new ExecutionFilter { Limit = 1000 }, Token)).Count);
    }

    [Case]
    public async Task Sweepers_count_a_crash_once()
    {
        var victim = await JoinAsync("victim");
        var ids = await StartManyAsync(60);
        Assert.Equal(60, (await victim.ClaimAsync()).Executions.Count);
        var sweepers = await JoinManyAsync(4);
        await PassAsync(Worker.ClaimTimeout + Worker.Interval, [.. sweepers]);
        var released = new ConcurrentBag<ExecutionId>();

        await Threads.RunAsync(sweepers.Select(sweeper => (Func<Task>)(async () =>
        {
            for (var round = 0; released.Count < ids.Count && round < MostRounds; round++)
            {
                var answer = await sweeper.MaintainAsync(request => request with { Limit = 20 });
                foreach (var id in answer.Released)
                {
                    released.Add(id);
                }
            }
        })));

        Assert.Equal(ids.Order(), released.Order());
        foreach (var id in ids)
        {
            var row = await RowAsync(id);
            Assert.Equal((1, 2L, SessionId.None), (row.Crashes, row.Epoch, row.Owner));
            Assert.Single(await Queries.ReadCrashesAsync(id, Token));
        }
    }

    [Case]
    public async Task Maintainers_end_what_is_past_its_deadline_once()
    {
        var workers = await JoinManyAsync(4);
        var ids = await StartManyAsync(40, start => start with { Timeout = Minute });
        Clock.Advance(Minute);
        var ended = new ConcurrentBag<ExecutionId>();

        await Threads.RunAsync(workers.Select(worker => (Func<Task>)(async () =>
        {
            for (var round = 0; ended.Count < ids.Count && round < MostRounds; round++)
            {
                foreach (var id in (await worker.MaintainAsync(request => request with { Limit = 7 })).TimedOut)
                {
                    ended.Add(id);
                }
            }
        })));

        Assert.Equal(ids.Order(), ended.Order());
        foreach (var id in ids)
        {
            Assert.Equal(2, (await JournalAsync(id)).Count);
        }
    }

    [Case]
    public async Task A_zombie_writes_nothing_once_its_work_is_taken_over()
    {
        for (var round = 0; round < 10; round++)
        {
            var zombie = await JoinAsync("zombie");
            var sweeper = await JoinSweeperAsync(store: await Harness.OpenAsync());
            var row = await StartClaimedAsync(zombie);
            await PassAsync(Worker.ClaimTimeout, sweeper);
            var written = 0L;
            ExecutionRow? taken = null;

            await Threads.RunAsync(
                async () =>
                {
                    OperationAnswer answer;
                    do
                    {
                        answer = await zombie.CommitAsync(Make.Advance(row, Make.Step(row, written + 1)));
                        written += answer.Kind == AnswerKind.Applied ? 1 : 0;
                    }
                    while (answer.Kind == AnswerKind.Applied && written < MostRounds);
                },
                async () =>
                {
                    var claimed = await TakeOverAsync(sweeper);
                    taken = claimed.Row;
                    Assert.Equal(taken.LastSeq, claimed.Entries[^1].Seq);
                    await sweeper.ApplyAsync(Make.Finish(taken, taken.LastSeq + 1));
                });

            var journal = await JournalAsync(row.Id);
            Assert.Equal(written, taken?.LastSeq);
            Assert.Equal(Enumerable.Range(0, (int)written + 2), journal.Select(entry => (int)entry.Seq));
            Assert.All(journal.Skip(1).SkipLast(1), entry => Assert.Equal(1, entry.Epoch));
            Assert.Equal(3, journal[^1].Epoch);
        }
    }

    [Case]
    public async Task What_is_started_directly_no_claim_takes()
    {
        var (starter, claimer) = (await JoinAsync(), await JoinAsync(store: await Harness.OpenAsync()));
        var owned = new List<ExecutionId>();
        var claimed = new List<ExecutionId>();
        var done = false;

        await Threads.RunAsync(
            async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    var answer = await starter.CommitAsync(NewStart() with { Owner = starter.Session });
                    Assert.True(answer.Owned);
                    owned.Add(answer.Id);
                }

                Volatile.Write(ref done, true);
            },
            async () =>
            {
                while (!Volatile.Read(ref done))
                {
                    claimed.AddRange(await claimer.ClaimIdsAsync());
                }
            });

        Assert.Empty(claimed);
        Assert.Equal(owned, (await starter.BeatAsync()).Owned.Select(execution => execution.Id).Order());
    }

    [Case]
    public async Task One_store_serves_many_threads()
    {
        var worker = await JoinAsync();
        var ended = new ConcurrentBag<ExecutionId>();

        await Threads.RunAsync(Enumerable.Range(0, 8).Select(_ => (Func<Task>)(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                var start = NewStart() with { Owner = worker.Session };
                await worker.CommitAsync(start);
                await worker.BeatAsync();
                await worker.ApplyAsync(Make.Finish(await RowAsync(start.Id)));
                ended.Add(start.Id);
            }
        })));

        Assert.Equal(200, ended.Count);
        var rows = await Queries.ListAsync(new ExecutionFilter { Limit = 1000 }, Token);
        Assert.Equal(ended.OrderDescending(), rows.Select(row => row.Id));
        Assert.All(rows, row => Assert.Equal(ExecutionState.Completed, row.State));
    }

    /// <summary>Takes over the one execution of a zombie, whose writes lock it now and then.</summary>
    private static async Task<ClaimedExecution> TakeOverAsync(Worker sweeper)
    {
        for (var round = 1; ; round++)
        {
            await sweeper.MaintainAsync();
            if ((await sweeper.ClaimAsync()).Executions is [var claimed])
            {
                return claimed;
            }

            Assert.True(round < MostRounds, "The execution is never let go of.");
        }
    }

    /// <summary>Repeats a call that the database undid, as the engine does.</summary>
    private static async Task<CommitAnswer> RepeatAsync(Func<Task<CommitAnswer>> call)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return await call();
            }
            catch (StoreException exception) when (exception.Kind == StoreErrorKind.RolledBack && round < 100)
            {
                // A deadlock is allowed, being stuck is not.
            }
        }
    }
}
