namespace Hydra.Testing;

/// <summary>How much a claim takes, what goes first, and what is told of the rest.</summary>
internal sealed class ClaimOrderConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task A_claim_takes_no_more_than_its_limit_and_tells_that_there_is_more()
    {
        var worker = await JoinAsync();
        var ids = await StartManyAsync(5);

        var first = await worker.ClaimAsync(request => request with { Limit = 3 });
        var second = await worker.ClaimAsync(request => request with { Limit = 2 });

        Assert.Equal(ids.Take(3), first.Executions.Select(execution => execution.Row.Id));
        Assert.True(first.More);
        Assert.Equal(ids.Skip(3), second.Executions.Select(execution => execution.Row.Id));
        Assert.False(second.More);
    }

    [Case]
    public async Task Nothing_is_taken_for_no_slots()
    {
        var worker = await JoinAsync();
        var id = await StartAsync();
        var before = await DumpAsync(id);

        var answer = await worker.ClaimAsync(request => request with { Limit = 0 });

        Assert.Empty(answer.Executions);
        Assert.Equal(before, await DumpAsync(id));
    }

    [Case]
    public async Task Among_equals_the_oldest_due_goes_first()
    {
        var worker = await JoinAsync();
        var last = await StartAsync(start => start with { Delay = Second * 3 });
        var first = await StartAsync(start => start with { Delay = Second });
        var second = await StartAsync(start => start with { Delay = Second * 2 });
        Clock.Advance(Minute);

        Assert.Equal([first, second, last], await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task Priority_goes_before_age()
    {
        var worker = await JoinAsync();
        var ids = new Dictionary<ExecutionPriority, ExecutionId>();
        foreach (var priority in Enum.GetValues<ExecutionPriority>().Reverse())
        {
            ids[priority] = await StartAsync(start => start with { Priority = priority });
            Clock.Advance(Second);
        }

        var claimed = await worker.ClaimIdsAsync();

        Assert.Equal(
            [
                ids[ExecutionPriority.Urgent],
                ids[ExecutionPriority.High],
                ids[ExecutionPriority.Normal],
                ids[ExecutionPriority.Low],
            ],
            claimed);
    }

    [Case]
    public async Task Some_slots_go_to_the_oldest_whatever_its_priority()
    {
        var worker = await JoinAsync();
        var low = await StartAsync(start => start with { Priority = ExecutionPriority.Low });
        Clock.Advance(Second);
        var normal = await StartAsync();
        Clock.Advance(Second);
        var urgent = await StartManyAsync(3, start => start with { Priority = ExecutionPriority.Urgent });

        var claimed = await worker.ClaimIdsAsync(request => request with { Limit = 4, OldestFirst = 2 });

        Assert.Equal(new[] { low, normal, urgent[0], urgent[1] }.ToHashSet(), claimed.ToHashSet());
    }

    [Case]
    public async Task All_slots_may_go_by_age_alone()
    {
        var worker = await JoinAsync();
        var low = await StartAsync(start => start with { Priority = ExecutionPriority.Low });
        Clock.Advance(Second);
        await StartAsync(start => start with { Priority = ExecutionPriority.Urgent });

        var claimed = await worker.ClaimIdsAsync(request => request with { Limit = 1, OldestFirst = 5 });

        Assert.Equal([low], claimed);
    }

    [Case]
    public async Task However_large_its_journal_one_execution_is_always_answered()
    {
        var worker = await JoinAsync();
        var ids = await StartManyAsync(2);

        var first = await worker.ClaimAsync(request => request with { MaxJournalBytes = 1 });
        var second = await worker.ClaimAsync(request => request with { MaxJournalBytes = 1 });

        Assert.Equal(ids[0], Assert.Single(first.Executions).Row.Id);
        Assert.True(first.More);
        Assert.Equal(ids[1], Assert.Single(second.Executions).Row.Id);
        Assert.False(second.More);
    }

    [Case]
    public async Task The_bytes_of_the_journals_end_a_claim_and_leave_the_rest_due()
    {
        var worker = await JoinAsync();
        var large = Make.Text($"\"{new string('x', 100_000)}\"");
        var ids = await StartManyAsync(6, start => start with { Input = start.Input with { Input = large } });

        var first = await worker.ClaimAsync(request => request with { MaxJournalBytes = 350_000 });
        var left = ids.Skip(first.Executions.Count).ToList();
        var second = await worker.ClaimAsync();

        Assert.InRange(first.Executions.Count, 3, 4); // A store may count the entry that reaches the bound or not.
        Assert.True(first.More);
        Assert.Equal(left, second.Executions.Select(execution => execution.Row.Id));
        Assert.All(second.Executions, execution => Assert.Equal(1, execution.Row.Epoch));
    }

    [Case]
    public async Task The_next_due_time_is_in_the_future_even_when_more_is_due_now()
    {
        var worker = await JoinAsync();
        await StartManyAsync(3);
        await StartAsync(start => start with { Delay = Hour });
        var next = await StartAsync(start => start with { Delay = Minute, Priority = ExecutionPriority.Low });

        var answer = await worker.ClaimAsync(request => request with { Limit = 1 });

        Assert.True(answer.More);
        Assert.Equal((await RowAsync(next)).DueAt, answer.NextDue);
    }

    [Case]
    public async Task A_hundred_are_claimed_at_once()
    {
        var worker = await JoinAsync();
        var ids = await StartManyAsync(120);

        var answer = await worker.ClaimAsync(request => request with { Limit = 100, OldestFirst = 10 });

        Assert.Equal(ids.Take(100), answer.Executions.Select(execution => execution.Row.Id));
        Assert.True(answer.More);
        Assert.Equal(100, (await worker.BeatAsync()).Owned.Count);
    }

    /// <summary>Starts several executions, a microsecond apart so that their order is known.</summary>
    private async Task<List<ExecutionId>> StartManyAsync(
        int count, Func<StartOperation, StartOperation>? change = null)
    {
        var ids = new List<ExecutionId>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(await StartAsync(change));
            Clock.Advance(TimeSpan.FromMicroseconds(1));
        }

        return ids;
    }
}
