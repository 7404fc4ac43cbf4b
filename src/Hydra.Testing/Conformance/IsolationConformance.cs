namespace Hydra.Testing;

/// <summary>Namespaces never see each other, whatever their executions, keys and sessions are called.</summary>
internal sealed class IsolationConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task A_store_names_its_namespace()
    {
        var other = await Harness.OpenAsync("Tests ");

        Assert.Equal("tests", Store.Namespace);
        Assert.Equal("Tests ", other.Namespace);
    }

    [Case("other")]
    [Case("Tests")]
    [Case("tests ")]
    [Case("test")]
    [Case("t%")]
    public async Task What_one_namespace_holds_the_other_cannot_read(string name)
    {
        var other = await Harness.OpenAsync(name);
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Key = "order-1" });
        await worker.ApplyAsync(Make.Advance(row) with { Tries = [Make.Try(row, "charge")] });

        Assert.Null(await other.Queries.FindAsync(row.Id, Token));
        Assert.Null(await other.Queries.FindByKeyAsync("order-1", Token));
        Assert.Empty(await other.Queries.ReadJournalAsync(row.Id, -1, 10, Token));
        Assert.Empty(await other.Queries.ReadTriesAsync(row.Id, Token));
        Assert.Empty(await Dump.NamespaceAsync(other.Queries, Token));
    }

    [Case]
    public async Task The_same_key_may_stand_in_both()
    {
        var other = await Harness.OpenAsync("other");
        var start = NewStart("order-1");
        await CommitAsync(start);
        var second = start with { Id = NewId("order-1", "other") };

        var answer = await other.CommitAsync(new CommitBatch(SessionId.None, [second]), Token);

        Assert.Equal(AnswerKind.Started, answer.Answers[0].Kind);
        Assert.Equal(second.Id, (await other.Queries.FindByKeyAsync("order-1", Token))?.Id);
        Assert.Equal(start.Id, (await Queries.FindByKeyAsync("order-1", Token))?.Id);
    }

    [Case]
    public async Task The_same_id_may_stand_in_both()
    {
        var other = await Harness.OpenAsync("other");
        var start = NewStart("order-1");
        await CommitAsync(start);
        await other.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);
        var before = await DumpAsync(start.Id);

        await other.CommitAsync(new CommitBatch(SessionId.None, [Make.Cancel(start.Id)]), Token);

        Assert.Equal(before, await DumpAsync(start.Id));
        Assert.Equal(ExecutionState.Cancelled, (await other.Queries.FindAsync(start.Id, Token))?.State);
        Assert.Single(await JournalAsync(start.Id));
    }

    [Case]
    public async Task A_claim_takes_only_what_is_of_its_namespace()
    {
        var stranger = await JoinAsync(store: await Harness.OpenAsync("other"));
        var id = await StartAsync();
        await StartAsync(start => start with { Delay = Hour });

        var answer = await stranger.ClaimAsync();

        Assert.Empty(answer.Executions);
        Assert.False(answer.More);
        Assert.Equal(Instant.Never, answer.NextDue);
        Assert.Equal(ExecutionState.Pending, (await RowAsync(id)).State);
    }

    [Case]
    public async Task An_execution_of_another_namespace_is_fenced_and_not_found()
    {
        // The stranger's session has the same number as the owner's.
        var owner = await JoinAsync();
        var stranger = new Worker(await Harness.OpenAsync("other"), owner.Row);
        await stranger.Store.OpenSessionAsync(stranger.Row, Token);
        var row = await StartClaimedAsync(owner);
        var before = await DumpAsync(row.Id);

        var answers = await stranger.CommitAsync(
            Make.Advance(row, Make.Step(row, 1)), Make.Finish(row), Make.Cancel(row.Id));

        Assert.Equal(
            [AnswerKind.Fenced, AnswerKind.Fenced, AnswerKind.NotFound], answers.Select(answer => answer.Kind));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task Sessions_of_the_same_number_are_strangers()
    {
        var owner = await JoinAsync();
        var stranger = new Worker(await Harness.OpenAsync("other"), owner.Row with { Worker = "stranger" });
        await stranger.Store.OpenSessionAsync(stranger.Row, Token);
        var row = await StartClaimedAsync(owner);

        Assert.Empty((await stranger.BeatAsync()).Owned);
        Assert.Equal("worker", Assert.Single(await Queries.ListSessionsAsync(Token)).Worker);
        await stranger.CloseAsync();
        Assert.False((await owner.BeatAsync()).Lost);
        await owner.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task A_session_of_another_namespace_owns_nothing_from_the_start()
    {
        var stranger = await JoinAsync(store: await Harness.OpenAsync("other"));

        var answer = await CommitAsync(NewStart() with { Owner = stranger.Session });

        Assert.False(answer.Owned);
        Assert.Equal(SessionId.None, (await RowAsync(answer.Id)).Owner);
    }

    [Case]
    public async Task Maintenance_keeps_to_its_namespace()
    {
        var (victim, worker) = (await JoinAsync(), await JoinAsync(build: "build-1"));
        var stranger = await JoinSweeperAsync("build-2", await Harness.OpenAsync("other"));
        await worker.ApplyAsync(Make.Refuse(await StartClaimedAsync(worker), "build-1"));
        await StartClaimedAsync(victim);
        await StartAsync(start => start with { Timeout = Second, Workflow = "refund" });
        await PassAsync(Minute, stranger);
        var before = await Dump.NamespaceAsync(Queries, Token);

        var answer = await stranger.MaintainAsync();

        Assert.Empty(answer.Released);
        Assert.Empty(answer.TimedOut);
        Assert.Empty(answer.Unblocked);
        Assert.Equal(Instant.Never, answer.NextExpiry);
        Assert.Equal(before, await Dump.NamespaceAsync(Queries, Token));
    }

    [Case]
    public async Task Random_sequences_go_as_in_memory_whatever_happens_in_another_namespace() =>
        ModelRun.AssertNone(await ModelRun.FindAsync(
            Harness, Math.Max(1, Harness.ModelRuns / 10), OpenEchoingAsync, scans: false));

    [Case]
    public async Task A_sweep_leaves_alone_what_a_session_of_the_same_number_owns()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var twin = new Worker(await Harness.OpenAsync("other"), victim.Row);
        await twin.Store.OpenSessionAsync(twin.Row, Token);
        var start = NewStart() with { Owner = twin.Session };
        await twin.CommitAsync(start);
        await PassAsync(Worker.ClaimTimeout, sweeper);

        await sweeper.MaintainAsync();

        Assert.True((await victim.BeatAsync()).Lost);
        Assert.Equal([new OwnedExecution(start.Id, 1, 0, default)], (await twin.BeatAsync()).Owned);
    }

    private async Task<ModelSubject> OpenEchoingAsync()
    {
        var fresh = Harness.CreateEmpty();
        var store = new EchoingStore(
            await fresh.OpenAsync(cancellationToken: Token), await fresh.OpenAsync("other", cancellationToken: Token));
        return new ModelSubject(fresh, [ModelSide.Of(store), ModelSide.InMemory(fresh.Clock)]);
    }
}
