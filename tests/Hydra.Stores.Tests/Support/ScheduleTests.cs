using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Changes of schedules where the database refuses a row of theirs, or somebody holds one.</summary>
public abstract class ScheduleTests : IAsyncLifetime
{
    private IWorkflowStore? _store;
    private int _ids;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private IWorkflowStore Store => _store!;

    private IScheduleStore Schedules => Store.Schedules!;

    public async ValueTask InitializeAsync()
    {
        _store = Open();
        await _store.MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await DropAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_start_that_the_database_refuses_leaves_neither_the_change_nor_the_other_start()
    {
        var made = await MakeAsync();
        var (good, bad) = (NewStart(), NewStart());
        bad = bad with { Input = bad.Input with { Worker = "bad" } };
        await ExecuteAsync(RefuseBadWorker);
        var change = Change(made) with { Operations = [good, bad] };
        var creation = change with { Name = "new", ExpectedChange = null, Row = change.Row! with { Name = "new" } };

        foreach (var one in new[] { change, creation })
        {
            var error = await Assert.ThrowsAsync<StoreException>(() => Schedules.ApplyAsync(one, Token));
            Assert.Equal(StoreErrorKind.Deterministic, error.Kind);
        }

        Assert.Equal([made], await Schedules.ListAsync(null, 10, Token));
        Assert.Empty(await Store.Queries.ListAsync(new ExecutionFilter(), Token));
        Assert.True((await Schedules.ApplyAsync(change with { Operations = [good] }, Token)).IsApplied);
    }

    [Fact]
    public async Task A_schedule_that_somebody_holds_blocks_its_change_for_a_while_and_nothing_else()
    {
        var made = await MakeAsync();
        var start = NewStart();
        await using var transaction = await HoldAsync();
        Assert.SkipWhen(transaction is null, "Whoever writes in a file holds all of it.");

        var changing = Schedules.ApplyAsync(Change(made) with { Operations = [start] }, Token);
        await Store.CommitAsync(new CommitBatch(SessionId.None, [NewStart()]), Token);
        var due = await Schedules.ListDueAsync(10, Token);
        var error = await Assert.ThrowsAsync<StoreException>(() => changing);
        await transaction.RollbackAsync(Token);

        Assert.Equal((StoreErrorKind.RolledBack, true), (error.Kind, error.Blocked));
        Assert.Equal([made], due.Schedules);
        Assert.Null(await Store.Queries.FindAsync(start.Id, Token));
        Assert.True((await Schedules.ApplyAsync(Change(made) with { Operations = [start] }, Token)).IsApplied);
    }

    [Fact]
    public Task Starts_that_are_together_more_than_the_database_takes_at_once_come_one_after_the_other() =>
        HeavySchedule.RunAsync(hydra => hydra.UseStore(_ => Open()), count: 20, new Limits().PayloadBytes - 100);

    /// <summary>Makes a store in the namespace "tests" that waits for a lock for a second.</summary>
    private protected abstract IWorkflowStore Open();

    private protected abstract Task DropAsync();

    private protected abstract Task ExecuteAsync(string statement);

    /// <summary>A statement after which the journal takes no entry of a worker called "bad".</summary>
    private protected abstract string RefuseBadWorker { get; }

    /// <summary>Locks all schedules in a transaction, where somebody can; null otherwise.</summary>
    private protected virtual Task<DbTransaction?> HoldAsync() => Task.FromResult<DbTransaction?>(null);

    private async Task<ScheduleRow> MakeAsync()
    {
        var row = new ScheduleRow { Name = "daily", Workflow = "order", ChangeId = 1, DueAt = new Instant(1) };
        var answer = await Schedules.ApplyAsync(
            new ScheduleChange { Name = row.Name, ExpectedChange = null, Row = row }, Token);
        return answer.Row!;
    }

    private static ScheduleChange Change(ScheduleRow row) =>
        new() { Name = row.Name, ExpectedChange = row.ChangeId, Row = row with { ChangeId = row.ChangeId + 1 } };

    private StartOperation NewStart() => Make.Start(ExecutionId.Create(1_800_000_000_000, (ulong)++_ids << 32, 1));
}
