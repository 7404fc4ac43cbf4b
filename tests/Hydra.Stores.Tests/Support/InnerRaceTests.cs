using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// Two calls meet at one execution, where one of them stands still between its first lock and its commit: a stranger
/// keeps a table that it comes to behind that lock.
/// </summary>
/// <remarks>
/// A call is one round trip, most of them, so nothing in this process can stop it there. The races of the suite stop
/// calls where these have no lock yet. What was first at the lock is first in everything here.
/// </remarks>
public abstract class InnerRaceTests : IAsyncLifetime
{
    /// <summary>So often a statement must be seen in a row to be taken for one that waits.</summary>
    private const int Looks = 10;

    private Scene? _scene;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private Scene Store => _scene!;

    public async ValueTask InitializeAsync()
    {
        _scene = new Scene(CreateHarness());
        await _scene.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Who_claims_while_another_claim_is_under_way_gets_nothing_of_it()
    {
        var (one, other) = await Store.JoinTwoAsync();
        var id = await Store.StartAsync();

        var (first, second) = await MeetAsync("attempts", Hold.Reads, () => one.ClaimAsync(), () => other.ClaimAsync());

        Assert.Equal(id, Assert.Single(first.Executions).Row.Id);
        Assert.Empty(second.Executions);
        Assert.Equal((one.Session, 1L), await Store.OwnerAsync(id));
    }

    [Fact]
    public async Task A_beat_that_comes_while_its_session_claims_is_good_and_the_next_one_tells_of_what_that_took()
    {
        var (worker, elsewhere) = await Store.JoinTwiceAsync();
        var id = await Store.StartAsync();

        var (claimed, beat) = await MeetAsync(
            "attempts", Hold.Reads, () => worker.ClaimAsync(), elsewhere.BeatAsync, otherEnds: !ClaimsHoldTheirSession);

        Assert.Equal(id, Assert.Single(claimed.Executions).Row.Id);
        Assert.Equal((false, ClaimsHoldTheirSession ? 1 : 0), (beat.Lost, beat.Owned.Count));
        Assert.Equal(id, Assert.Single((await worker.BeatAsync()).Owned).Id);
    }

    [Fact]
    public async Task A_checkpoint_that_has_its_lock_is_kept_by_who_takes_over()
    {
        var (zombie, sweeper, row) = await Store.DieAsync();

        var (written, _) = await MeetAsync(
            "journal",
            Hold.Writes,
            () => zombie.CommitAsync(Make.Advance(row, Make.Step(row, 1))),
            () => sweeper.MaintainAsync());

        await sweeper.MaintainAsync(); // The first may have passed the row over.
        var taken = Assert.Single((await sweeper.ClaimAsync()).Executions);
        Assert.Equal(AnswerKind.Applied, written.Kind);
        Assert.Equal(2, taken.Entries.Count);
        Assert.Equal((sweeper.Session, 3L), await Store.OwnerAsync(row.Id));
    }

    [Theory]
    [InlineData(false)] // While it is taken back from who lost it.
    [InlineData(true)] // While it is claimed anew.
    public async Task A_checkpoint_that_comes_while_another_takes_over_is_fenced(bool isTakenBack)
    {
        var (zombie, sweeper, row) = await Store.DieAsync();
        if (isTakenBack)
        {
            await sweeper.MaintainAsync();
        }

        var (_, written) = await MeetAsync<object, OperationAnswer>(
            isTakenBack ? "attempts" : "crashes",
            isTakenBack ? Hold.Reads : Hold.Writes,
            async () => isTakenBack ? await sweeper.ClaimAsync() : await sweeper.MaintainAsync(),
            () => zombie.CommitAsync(Make.Advance(row, Make.Step(row, 1))));

        Assert.Equal(AnswerKind.Fenced, written.Kind);
        Assert.Single(await Store.JournalAsync(row.Id));
        Assert.Equal(isTakenBack ? (sweeper.Session, 3L) : (SessionId.None, 2L), await Store.OwnerAsync(row.Id));
    }

    [Fact]
    public async Task A_delivery_that_comes_while_the_execution_is_suspended_wakes_it()
    {
        var (worker, client, row) = await Store.RunAsync();

        var (suspended, cancelled) = await MeetAsync(
            "journal",
            Hold.Writes,
            () => worker.CommitAsync(Make.Wait(row, 0, Make.Step(row, 1))),
            () => client.CommitAsync(Make.Cancel(row.Id)));

        Assert.Equal((AnswerKind.Applied, AnswerKind.Requested), (suspended.Kind, cancelled.Kind));
        Assert.Equal(row.Id, (await worker.ClaimOneAsync()).Id);
    }

    [Fact]
    public async Task A_suspension_that_comes_while_something_is_delivered_goes_on()
    {
        var (worker, client, row) = await Store.RunAsync();

        var (cancelled, suspended) = await MeetAsync(
            "journal",
            Hold.Reads,
            () => client.CommitAsync(Make.Cancel(row.Id)),
            () => worker.CommitAsync(Make.Wait(row, 0, Make.Step(row, 1))));

        Assert.Equal((AnswerKind.Requested, AnswerKind.Continue), (cancelled.Kind, suspended.Kind));
        Assert.Equal((worker.Session, 1L), await Store.OwnerAsync(row.Id));
    }

    [Fact]
    public async Task A_cancellation_that_comes_while_the_execution_completes_is_too_late()
    {
        var (worker, client, row) = await Store.RunAsync();

        var (finished, cancelled) = await MeetAsync(
            "journal",
            Hold.Writes,
            () => worker.CommitAsync(Make.Finish(row)),
            () => client.CommitAsync(Make.Cancel(row.Id)));

        Assert.Equal((AnswerKind.Applied, AnswerKind.AlreadyEnded), (finished.Kind, cancelled.Kind));
        Assert.Equal(ExecutionState.Completed, (await Store.RowAsync(row.Id)).State);
        Assert.Equal(2, (await Store.JournalAsync(row.Id)).Count);
    }

    [Fact]
    public async Task A_completion_that_comes_while_it_is_cancelled_is_its_end()
    {
        var (worker, client, row) = await Store.RunAsync();

        var (cancelled, finished) = await MeetAsync(
            "journal",
            Hold.Reads,
            () => client.CommitAsync(Make.Cancel(row.Id)),
            () => worker.CommitAsync(Make.Finish(row)));

        Assert.Equal((AnswerKind.Requested, AnswerKind.Applied), (cancelled.Kind, finished.Kind));
        var after = await Store.RowAsync(row.Id);
        Assert.Equal((ExecutionState.Completed, ExecutionRequests.None), (after.State, after.Requests));
        Assert.Equal(2, (await Store.JournalAsync(row.Id)).Count);
    }

    [Fact]
    public async Task What_a_dead_session_claims_while_it_is_swept_is_taken_back()
    {
        var (victim, sweeper) = await Store.ExpireAsync();
        var id = await Store.StartAsync();

        var (claimed, swept) = await MeetAsync(
            "attempts",
            Hold.Reads,
            () => victim.ClaimAsync(),
            () => sweeper.MaintainAsync(),
            otherEnds: !ClaimsHoldTheirSession);

        Assert.Equal(id, Assert.Single(claimed.Executions).Row.Id);
        Assert.True(ClaimsHoldTheirSession || swept.Released.Count == 0);
        Assert.Equal(id, Assert.Single([.. swept.Released, .. (await sweeper.MaintainAsync()).Released]));
        Assert.Equal((SessionId.None, 2L), await Store.OwnerAsync(id));
    }

    private protected abstract ServerHarness CreateHarness();

    /// <summary>Keeps others from reading a table, or only from writing to it, over a connection of its own.</summary>
    private protected abstract Task<DbConnection> HoldAsync(string table, Hold hold);

    /// <summary>Whether a claim keeps others from changing the row of its session until it has committed.</summary>
    private protected virtual bool ClaimsHoldTheirSession => false;

    /// <summary>How many of them wait for the table that somebody keeps.</summary>
    private protected abstract Task<long> CountAtTableAsync();

    /// <summary>How many statements over the store's tables are under way.</summary>
    private protected abstract Task<long> CountStatementsAsync();

    /// <summary>Lets a call stand still at a table that a stranger keeps, and another come meanwhile.</summary>
    /// <param name="table">The table to which the one comes behind its first lock.</param>
    /// <param name="hold">What the stranger keeps others from.</param>
    /// <param name="one">The call that stands still.</param>
    /// <param name="other">The call that comes meanwhile.</param>
    /// <param name="otherEnds">Whether the other waits for nothing that the one has.</param>
    private async Task<(TOne One, TOther Other)> MeetAsync<TOne, TOther>(
        string table, Hold hold, Func<Task<TOne>> one, Func<Task<TOther>> other, bool otherEnds = false)
    {
        Task<TOne> first;
        Task<TOther> second;
        await using (await HoldAsync(table, hold))
        {
            first = Task.Run(one, Token);
            await WaitAsync(first, async () => await CountAtTableAsync() >= 1);
            Assert.False(first.IsCompleted, "The call that was to stand still has ended.");
            second = Task.Run(other, Token);
            if (otherEnds)
            {
                await second;
            }
            else
            {
                await WaitAsync(second, async () => await CountStatementsAsync() >= 2);
                Assert.False(second.IsCompleted, "The call that was to wait for the other has ended.");
            }
        }

        return (await first, await second);
    }

    /// <summary>Waits until a call has ended or stands still.</summary>
    private static async Task WaitAsync(Task call, Func<Task<bool>> stands)
    {
        for (var looks = 0; looks < Looks && !call.IsCompleted;)
        {
            looks = await stands() ? looks + 1 : 0;
            Token.ThrowIfCancellationRequested();
        }
    }

    private protected enum Hold
    {
        Reads,
        Writes,
    }

    /// <summary>The store, and who works on it: each worker from a process of its own.</summary>
    private protected sealed class Scene(StoreHarness harness) : StoreTest(harness)
    {
        public async Task<(Worker One, Worker Other)> JoinTwoAsync() =>
            (await JoinAsync("one"), await JoinAsync("other", store: await ElsewhereAsync()));

        /// <summary>A worker, and the same again over connections of its own.</summary>
        public async Task<(Worker Worker, Worker Elsewhere)> JoinTwiceAsync()
        {
            var worker = await JoinAsync();
            return (worker, new Worker(await ElsewhereAsync(), worker.Row));
        }

        /// <summary>A worker that runs an execution, and a client.</summary>
        public async Task<(Worker Worker, Worker Client, ExecutionRow Row)> RunAsync()
        {
            var (worker, client) = await JoinTwoAsync();
            return (worker, client, await StartClaimedAsync(worker));
        }

        /// <summary>A worker whose lease has ended, and one that may judge it.</summary>
        public async Task<(Worker Late, Worker Sweeper)> ExpireAsync()
        {
            var (late, sweeper) = (await JoinAsync("late"), await JoinSweeperAsync(store: await ElsewhereAsync()));
            await PassAsync(Worker.ClaimTimeout, sweeper);
            return (late, sweeper);
        }

        /// <summary>The same with an execution that it runs.</summary>
        public async Task<(Worker Zombie, Worker Sweeper, ExecutionRow Row)> DieAsync()
        {
            var zombie = await JoinAsync("zombie");
            var sweeper = await JoinSweeperAsync(store: await ElsewhereAsync());
            var row = await StartClaimedAsync(zombie);
            await PassAsync(Worker.ClaimTimeout, sweeper);
            return (zombie, sweeper, row);
        }

        public Task<ExecutionId> StartAsync() => base.StartAsync();

        public new Task<ExecutionRow> RowAsync(ExecutionId id) => base.RowAsync(id);

        public new Task<IReadOnlyList<JournalEntry>> JournalAsync(ExecutionId id) => base.JournalAsync(id);

        public async Task<(SessionId Owner, long Epoch)> OwnerAsync(ExecutionId id)
        {
            var row = await RowAsync(id);
            return (row.Owner, row.Epoch);
        }

        private Task<IWorkflowStore> ElsewhereAsync() => Harness.OpenAsync(cancellationToken: Token);
    }
}
