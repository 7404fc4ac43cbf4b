namespace Hydra.Testing;

/// <summary>How a database comes to have what the store needs.</summary>
internal sealed class MigrationConformance(StoreHarness harness) : StoreTest(harness)
{
    private const string OfItsOwn = "There is no schema to be missing.";

    [Case]
    public async Task Migrating_twice_is_migrating_once()
    {
        var id = await StartAsync(start => start with { Key = "order-1" });
        var before = await DumpAsync(id);

        await Store.MigrateAsync(Token);
        await (await Harness.OpenAsync()).MigrateAsync(Token);

        Assert.Equal(before, await DumpAsync(id));
        Assert.Equal(AnswerKind.Existing, (await CommitAsync(NewStart("order-1"))).Kind);
    }

    [Case]
    public async Task Twenty_may_migrate_a_new_database_at_once()
    {
        await using var fresh = Harness.CreateAnother();
        var stores = new List<IWorkflowStore>();
        for (var i = 0; i < 20; i++)
        {
            stores.Add(await fresh.OpenAsync(migrate: false));
        }

        await Threads.RunAsync(stores.Select(store => (Func<Task>)(() => store.MigrateAsync(Token))));

        foreach (var store in stores)
        {
            await store.VerifyAsync(Token);
        }

        var answer = await stores[0].CommitAsync(new CommitBatch(SessionId.None, [NewStart()]), Token);
        Assert.NotNull(await stores[19].Queries.FindAsync(answer.Answers[0].Id, Token));
    }

    [Case]
    public async Task A_migrated_database_passes_the_check()
    {
        await Store.VerifyAsync(Token);

        await (await Harness.OpenAsync("other", migrate: false)).VerifyAsync(Token);
    }

    [Case]
    public async Task A_database_without_a_schema_fails_the_check_and_stays_without()
    {
        await using var fresh = Harness.CreateAnother();
        SkipUnless(fresh.HasSchema, OfItsOwn);
        var store = await fresh.OpenAsync(migrate: false);

        var first = await Assert.ThrowsAsync<StoreException>(() => store.VerifyAsync(Token));
        var second = await Assert.ThrowsAsync<StoreException>(() => store.VerifyAsync(Token));

        Assert.Contains(first.Kind, new[] { StoreErrorKind.Unavailable, StoreErrorKind.Deterministic });
        Assert.Equal(first.Kind, second.Kind);
        await store.MigrateAsync(Token);
        await store.VerifyAsync(Token);
    }

    [Case]
    public async Task What_is_committed_is_there_for_the_next_store()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Wait(row, 0, Make.Step(row, 1)));
        var before = await Dump.NamespaceAsync(Queries, Token);

        await Store.DisposeAsync();
        var next = await Harness.OpenAsync();

        Assert.Equal(before, await Dump.NamespaceAsync(next.Queries, Token));
    }

    [Case]
    public async Task A_store_tells_what_it_can_do_within_the_bounds()
    {
        var capabilities = Store.Capabilities;

        Assert.NotEmpty(capabilities.Name);
        Assert.InRange(capabilities.Writers, 1, 4);
        Assert.InRange(capabilities.MaxPayloadBytes, 2 * 1024 * 1024, int.MaxValue);
        await Store.VerifyAsync(Token);
    }
}
