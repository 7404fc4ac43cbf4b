namespace Hydra.Testing;

/// <summary>Keys of subjects: the first stays, and what was destroyed is never there again.</summary>
internal sealed class SubjectKeyConformance(StoreHarness harness) : ConcurrentTest(harness)
{
    private static readonly string LongId = new('f', 64);

    private ISubjectKeyStore Keys => KeysOf(Store);

    [Case]
    public async Task A_key_is_kept_and_the_first_one_stays()
    {
        var wrapped = new string('x', 1_000);

        var none = await Keys.FindAsync(LongId, Token);
        var added = await Keys.AddAsync(LongId, wrapped, Token);
        var again = await Keys.AddAsync(LongId, "k2:other", Token);
        var found = await Keys.FindAsync(LongId, Token);

        Assert.True(none is null);
        Assert.Equal(new SubjectKeyRow(LongId, wrapped), added);
        Assert.Equal(added, again);
        Assert.Equal(added, found!);
    }

    [Case]
    public async Task A_destroyed_key_is_never_there_again()
    {
        await Keys.AddAsync("a", "k1:a", Token);
        await Keys.AddAsync("b", "k1:b", Token);

        var had = await Keys.DestroyAsync("a", Token);
        var twice = await Keys.DestroyAsync("a", Token);
        var again = await Keys.AddAsync("a", "k1:new", Token);

        Assert.Equal((true, false), (had, twice));
        Assert.Equal(new SubjectKeyRow("a", null), again);
        Assert.True(again.IsDestroyed);
        Assert.Equal(again, (await Keys.FindAsync("a", Token))!);
        Assert.Equal("k1:b", (await Keys.FindAsync("b", Token))!.Wrapped);
    }

    [Case]
    public async Task What_never_had_a_key_can_be_destroyed_beforehand()
    {
        var had = await Keys.DestroyAsync("a", Token);
        var added = await Keys.AddAsync("a", "k1:a", Token);

        Assert.Equal((false, true), (had, added.IsDestroyed));
    }

    [Case]
    public async Task Keys_are_listed_by_their_ids_without_those_that_were_destroyed()
    {
        foreach (var id in new[] { "c", "a", "d", "b" })
        {
            await Keys.AddAsync(id, $"k1:{id}", Token);
        }

        await Keys.DestroyAsync("c", Token);
        var first = await Keys.ListAsync(null, 2, Token);
        var rest = await Keys.ListAsync("b", 2, Token);
        var none = await Keys.ListAsync("d", 2, Token);

        Assert.Equal([new("a", "k1:a"), new SubjectKeyRow("b", "k1:b")], first);
        Assert.Equal([new SubjectKeyRow("d", "k1:d")], rest);
        Assert.Equal(0, none.Count);
    }

    [Case]
    public async Task A_key_is_replaced_only_as_it_was_read()
    {
        await Keys.AddAsync("a", "k1:a", Token);
        await Keys.AddAsync("b", "k1:b", Token);
        await Keys.DestroyAsync("b", Token);

        var replaced = await Keys.ReplaceAsync("a", "k1:a", "k2:a", Token);
        var stale = await Keys.ReplaceAsync("a", "k1:a", "k3:a", Token);
        var destroyed = await Keys.ReplaceAsync("b", "k1:b", "k2:b", Token);
        var missing = await Keys.ReplaceAsync("c", "k1:c", "k2:c", Token);

        Assert.Equal((true, false, false, false), (replaced, stale, destroyed, missing));
        Assert.Equal("k2:a", (await Keys.FindAsync("a", Token))!.Wrapped);
        Assert.True((await Keys.FindAsync("b", Token))!.IsDestroyed);
        Assert.True(await Keys.FindAsync("c", Token) is null);
    }

    [Case]
    public async Task Namespaces_do_not_share_keys()
    {
        var other = KeysOf(await Harness.OpenAsync("other"));
        await Keys.AddAsync("a", "k1:a", Token);

        Assert.True(await other.FindAsync("a", Token) is null);
        Assert.Equal(false, await other.DestroyAsync("a", Token));
        Assert.Equal("k1:a", (await Keys.FindAsync("a", Token))!.Wrapped);
    }

    [Case]
    public async Task Many_who_add_a_key_at_once_all_get_the_same()
    {
        var stores = new[] { Keys, KeysOf(await Harness.OpenAsync(Store.Namespace)) };

        var rows = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(i => Task.Run(() => stores[i % 2].AddAsync("a", $"k1:{i}", Token), Token)));

        Assert.Equal(1, rows.Distinct().Count());
    }

    private static ISubjectKeyStore KeysOf(IWorkflowStore store)
    {
        SkipUnless(store.SubjectKeys is not null, "This store keeps no keys of subjects.");
        return store.SubjectKeys!;
    }
}
