using Hydra.Storage;
using Hydra.Testing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Retention;

public sealed class RetentionTests : IAsyncDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly World _world = new();
    private readonly MemoryArchive _archive = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task What_has_ended_is_kept_for_ever_unless_somebody_says_otherwise()
    {
        var client = await OpenAsync();
        var id = await EndAsync(client, "test");

        await _world.AdvanceAsync(Day * 3_650);

        Assert.Equal(id, Assert.Single(await client.ListAsync(cancellationToken: Token)).Id);
    }

    [Fact]
    public async Task Each_workflow_and_each_way_of_ending_is_kept_for_as_long_as_it_is_said()
    {
        var client = await OpenAsync(hydra => hydra.Retention
            .Keep(completed: Day, failed: Day * 4)
            .Keep("audit", failed: Day * 2.5));
        var (done, broken) = (await EndAsync(client, "test"), await EndAsync(client, "test", -1));
        var (kept, audited) = (await EndAsync(client, "audit"), await EndAsync(client, "audit", -1));
        var live = await client.Workflow<int, int>("test").StartAsync(
            1, new() { Delay = Day * 100 }, Token);
        var all = new[] { done, broken, kept, audited, live.Id };

        await AssertLeftAsync(Day - TimeSpan.FromHours(3), all);
        await AssertLeftAsync(Day, broken, kept, audited, live.Id);
        await AssertLeftAsync(Day, broken, kept, live.Id);
        await AssertLeftAsync(Day, kept, live.Id);
        await AssertLeftAsync(Day * 50, kept, live.Id);

        async Task AssertLeftAsync(TimeSpan passed, params ExecutionId[] ids)
        {
            await _world.AdvanceAsync(passed);
            await _world.AdvanceAsync(TimeSpan.FromHours(2)); // For a look.
            var left = await client.ListAsync(cancellationToken: Token);
            Assert.Equal(ids.Order(), left.Select(static row => row.Id).Order());
        }
    }

    [Fact]
    public async Task What_is_deleted_is_unknown_its_key_is_free_and_what_was_made_of_it_still_names_it()
    {
        var client = await OpenAsync(hydra => hydra.Retention.Keep(completed: Day));
        var id = await EndAsync(client, "test", key: "once");
        await _world.AdvanceAsync(Day - TimeSpan.FromHours(1));
        var rerun = await client.Execution(id).RerunAsync(cancellationToken: Token);
        await _world.Until(rerun.WaitAsync(Token));

        await _world.AdvanceAsync(TimeSpan.FromHours(3));

        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(id).StatusAsync(Token));
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(id).WaitAsync(Token));
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(id).DescribeAsync(Token));
        await Assert.ThrowsAsync<ExecutionNotFoundException>(
            () => client.Execution(id).RerunAsync(cancellationToken: Token));
        Assert.Equal(id, (await rerun.OriginAsync(Token))!.Source);
        var again = await client.Workflow<int, int>("test").StartAsync(5, new() { Key = "once" }, Token);
        Assert.NotEqual(id, again.Id);
        Assert.Equal(10, await _world.Until(again.ResultAsync(Token)));
    }

    [Fact]
    public async Task Of_several_workers_each_would_do_it_and_it_is_done_once()
    {
        using var meters = new Meters();
        for (var i = 0; i < 3; i++)
        {
            await OpenAsync(hydra =>
            {
                hydra.Retention.Keep(completed: Day).ArchiveTo(_archive);
                hydra.Services = meters.Services;
            });
        }

        var ids = new List<ExecutionId>();
        for (var i = 0; i < 250; i++)
        {
            ids.Add(await EndAsync(_world.Clients[i % 3], "test"));
        }

        await _world.AdvanceAsync(Day);
        await _world.AdvanceAsync(Day);

        Assert.Empty(await _world.Clients[0].ListAsync(cancellationToken: Token));
        Assert.Equal(ids.Order(), _archive.Durable.Select(static one => one.Row.Id).Distinct().Order());
        Assert.Equal(250, meters.Sum("hydra.pruned_workflows", "namespace=default,workflow=test,status=completed"));
        Assert.Contains(_world.Log.Lines, static line => line.Contains("were deleted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_deletes_the_oldest_that_are_meant_up_to_its_limit_or_only_counts_them()
    {
        var client = await OpenAsync();
        var first = await EndAsync(client, "test");
        await _world.AdvanceAsync(TimeSpan.FromSeconds(1)); // Ids sort by their times.
        var ids = new[] { await EndAsync(client, "test"), await EndAsync(client, "test", -1) };
        var other = await EndAsync(client, "audit");
        await _world.AdvanceAsync(Day);
        var young = await EndAsync(client, "test");
        var options = new PruneOptions { OlderThan = TimeSpan.FromHours(2), Workflow = "test" };

        Assert.Equal(new PruneSummary(3, 0), await client.PruneAsync(options with { DryRun = true }, Token));
        Assert.Equal(5, (await client.ListAsync(cancellationToken: Token)).Count);
        Assert.Equal(new PruneSummary(1, 0), await client.PruneAsync(options with { Limit = 1 }, Token));
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(first).StatusAsync(Token));
        await client.PruneAsync(options with { State = ExecutionState.Failed }, Token);
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(ids[1]).StatusAsync(Token));
        Assert.Equal(new PruneSummary(1, 0), await client.PruneAsync(options, Token));
        Assert.Equal([young, other], (await client.ListAsync(cancellationToken: Token)).Select(static row => row.Id));
    }

    [Theory]
    [InlineData(StoreErrorKind.RolledBack, false)]
    [InlineData(StoreErrorKind.InDoubt, false)]
    [InlineData(StoreErrorKind.InDoubt, true)]
    public async Task What_dies_between_archive_and_deletion_is_archived_once_more_and_never_lost(
        StoreErrorKind kind, bool happens)
    {
        var fault = happens ? StoreFault.AfterCall : StoreFault.BeforeCall(kind);
        var client = await OpenAsync(hydra => hydra.UseStore(setup => new FaultyStore(
            new InMemoryWorkflowStore(_world.Database, setup.Namespace),
            call => call is { Kind: StoreCallKind.DeleteEnded, Number: 1 } ? fault : null)));
        var ids = new[] { await EndAsync(client, "test"), await EndAsync(client, "test", -1) };
        await _world.AdvanceAsync(Day);
        var options = new PruneOptions { OlderThan = TimeSpan.FromHours(2), Archive = _archive };

        await Assert.ThrowsAsync<StoreException>(() => client.PruneAsync(options, Token));
        Assert.Equal(ids.Order(), _archive.Durable.Select(static one => one.Row.Id).Order());
        var summary = await client.PruneAsync(options, Token);

        Assert.Equal(new PruneSummary(happens ? 0 : 2, 0), summary);
        Assert.Equal(happens ? 2 : 4, _archive.Durable.Count);
        Assert.Empty(await client.ListAsync(cancellationToken: Token));
    }

    [Fact]
    public async Task What_an_archive_does_not_take_stays()
    {
        var client = await OpenAsync(hydra => hydra.Retention.Keep(completed: Day).ArchiveTo(_archive));
        var id = await EndAsync(client, "test");
        _archive.Breaks = true;

        await _world.AdvanceAsync(Day * 2);
        var left = (await client.ListAsync(cancellationToken: Token)).Select(static row => row.Id);
        _archive.Breaks = false;
        await _world.AdvanceAsync(Day);

        Assert.Equal(id, Assert.Single(left));
        Assert.Equal(id, Assert.Single(_archive.Durable).Row.Id);
        Assert.Empty(await client.ListAsync(cancellationToken: Token));
    }

    [Fact]
    public async Task What_cannot_be_read_is_passed_over_and_does_not_keep_what_is_behind_it()
    {
        var secret = await OpenAsync(hydra => hydra.Payloads.Encrypt(new KeyRing(EncryptionKey.Generate("k1"))));
        var unreadable = await EndAsync(secret, "test");
        await _world.CloseAsync();
        await _world.AdvanceAsync(TimeSpan.FromSeconds(1)); // Ids sort by their times.
        var client = await OpenAsync(hydra => hydra.Retention.Keep(completed: Day).ArchiveTo(_archive));
        var (one, refused, last) = (
            await EndAsync(client, "test"), await EndAsync(client, "test"), await EndAsync(client, "test"));
        _archive.Refuses = refused;

        await _world.AdvanceAsync(Day * 2);

        Assert.Equal(
            new[] { unreadable, refused }.Order(),
            (await client.ListAsync(cancellationToken: Token)).Select(static row => row.Id).Order());
        Assert.Equal(new[] { one, last }.Order(), _archive.Durable.Select(static row => row.Row.Id).Order());
        Assert.Equal(
            new PruneSummary(0, 0) { NotArchived = 2 },
            await client.PruneAsync(new() { OlderThan = Day, Archive = _archive }, Token));
        Assert.Contains(_world.Log.Lines, line =>
            line.Contains($"Execution {unreadable} of test", StringComparison.Ordinal)
            && line.Contains("cannot be archived", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_walk_that_breaks_off_leaves_nothing_in_the_archive_that_is_not_durable()
    {
        var isAway = false;
        var client = await OpenAsync(hydra => hydra.UseStore(setup => new FaultyStore(
            new InMemoryWorkflowStore(_world.Database, setup.Namespace),
            call => isAway && call.Kind == StoreCallKind.Query
                ? StoreFault.BeforeCall(StoreErrorKind.Unavailable)
                : null)));
        var ids = new[] { await EndAsync(client, "test"), await EndAsync(client, "test") };
        await _world.AdvanceAsync(Day);
        _archive.Appended = () => isAway = true;

        await Assert.ThrowsAsync<StoreException>(() => client.PruneAsync(
            new() { OlderThan = TimeSpan.FromHours(2), Archive = _archive }, Token));
        isAway = false;

        Assert.Equal(ids.Min(), Assert.Single(_archive.Durable).Row.Id);
        Assert.Equal(2, (await client.ListAsync(cancellationToken: Token)).Count);
    }

    [Fact]
    public async Task It_rests_for_as_much_longer_as_the_database_is_slower_and_not_for_what_the_archive_takes()
    {
        var begun = new List<TimeSpan>();
        var client = await OpenAsync(hydra => hydra.UseStore(setup => new FaultyStore(
            new InMemoryWorkflowStore(_world.Database, setup.Namespace),
            call =>
            {
                if (call.Kind == StoreCallKind.DeleteEnded)
                {
                    begun.Add(_world.Elapsed);
                    _world.Clock.Advance(TimeSpan.FromSeconds(10));
                }

                return null;
            })));
        for (var i = 0; i < 101; i++) // One more than a piece has.
        {
            await EndAsync(client, "test");
        }

        await _world.AdvanceAsync(Day);
        _archive.Appended = () => _world.Clock.Advance(TimeSpan.FromMilliseconds(100));
        var summary = await _world.Until(client.PruneAsync(
            new() { OlderThan = TimeSpan.FromHours(2), Archive = _archive }, Token));

        Assert.Equal(new PruneSummary(101, 0), summary);
        Assert.Equal(2, begun.Count);
        Assert.InRange((begun[1] - begun[0]).TotalSeconds, 10 + 110, 10 + 110 + 1);
    }

    [Fact]
    public async Task Less_than_two_hours_and_what_is_no_end_are_refused()
    {
        var client = await OpenAsync();
        var early = new PruneOptions { OlderThan = TimeSpan.FromHours(2) - TimeSpan.FromTicks(1) };
        var live = new PruneOptions { OlderThan = Day, State = ExecutionState.Running };

        var error = await Assert.ThrowsAsync<ArgumentException>(() => client.PruneAsync(early, Token));
        Assert.Contains("2 hours", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.PruneAsync(live, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => client.PruneAsync(live with { State = null, Limit = 0 }, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => OpenAsync(hydra => hydra.Retention.Keep(failed: TimeSpan.FromHours(1))));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => OpenAsync(hydra => hydra.Retention.Interval = TimeSpan.FromDays(2)));
    }

    private Task<IHydraClient> OpenAsync(Action<HydraBuilder>? configure = null) => _world.OpenAsync(hydra =>
    {
        hydra.AddWorkflow<int, int>("test", DoubleAsync);
        hydra.AddWorkflow<int, int>("audit", DoubleAsync);
        configure?.Invoke(hydra);
    });

    private static Task<int> DoubleAsync(WorkflowContext context, int number) => context.StepAsync(
        "double", number, static (n, _) => n < 0 ? throw new NonRetryableException("no") : Task.FromResult(n * 2));

    private async Task<ExecutionId> EndAsync(IHydraClient client, string workflow, int input = 1, string? key = null)
    {
        var handle = await client.Workflow<int, int>(workflow).StartAsync(
            input, new() { Key = key, MaxAttempts = 1 }, Token);
        await _world.Until(handle.WaitAsync(Token));
        return handle.Id;
    }

    private sealed class MemoryArchive : IExecutionArchive
    {
        private readonly Lock _lock = new();
        private readonly List<ExecutionDetails> _appended = [];

        public List<ExecutionDetails> Durable { get; } = [];

        public bool Breaks { get; set; }

        public ExecutionId Refuses { get; set; }

        public Action Appended { get; set; } = static () => { };

        public Task AppendAsync(ExecutionDetails execution, CancellationToken cancellationToken)
        {
            if (execution.Row.Id == Refuses)
            {
                throw new PayloadException("Not this one.");
            }

            lock (_lock)
            {
                _appended.Add(execution);
            }

            Appended();
            return Task.CompletedTask;
        }

        public Task FlushAsync(CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                if (Breaks)
                {
                    _appended.Clear();
                    throw new IOException("The disk is full.");
                }

                Durable.AddRange(_appended);
                _appended.Clear();
            }

            return Task.CompletedTask;
        }
    }
}
