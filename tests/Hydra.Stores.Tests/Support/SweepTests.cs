using Hydra.Storage;
using Hydra.Tests.Servers;

namespace Hydra.Stores.Tests;

/// <summary>
/// What is taken back from the dead while the look for owners without a session was dear, and pauses therefore.
/// </summary>
public abstract class SweepTests : IAsyncLifetime
{
    private static readonly TimeSpan Short = TimeSpan.FromMinutes(1);

    private CuttingProxy? _proxy;

    internal MachineClock Clock { get; } = new();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected abstract IWorkflowStore Store { get; }

    public async ValueTask InitializeAsync()
    {
        _proxy = CreateProxy();
        _proxy.Start();
        await OpenAsync(_proxy.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await (_proxy?.DisposeAsync() ?? ValueTask.CompletedTask);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_sweep_that_was_cut_off_goes_on_in_the_next_round()
    {
        var judge = await OpenSessionAsync(1, TimeSpan.FromHours(1));
        var dead = await OpenSessionAsync(2, Short);
        await judge.CommitAsync(Make.Start(ExecutionId.Create(1, 1, 0)));
        var execution = await dead.ClaimOneAsync();
        _proxy!.OnExecute = text =>
        {
            if (LooksForStrangers(text))
            {
                Clock.Advance(Short); // So dear that the next look is a while off.
            }

            return Fate.Pass;
        };
        await judge.MaintainAsync();
        Clock.Advance(Short * 2);
        var cuts = 0;
        _proxy.OnExecute = text =>
            text.Contains("barren_crashes", StringComparison.Ordinal) && Interlocked.Increment(ref cuts) == 1
                ? Fate.Cut
                : Fate.Pass;
        await Assert.ThrowsAsync<StoreException>(() => judge.MaintainAsync());
        var left = (await Store.Queries.ListSessionsAsync(Token)).Single().Id;

        var answer = await judge.MaintainAsync();

        Assert.Equal(judge.Session, left);
        Assert.Equal([execution.Id], answer.Released);
    }

    [Fact]
    public async Task A_sweep_that_had_no_room_for_all_goes_on_in_the_next_round()
    {
        var judge = await OpenSessionAsync(1, TimeSpan.FromHours(1));
        var dead = await OpenSessionAsync(2, Short);
        await judge.CommitAsync(
            Make.Start(ExecutionId.Create(1, 1, 0)), Make.Start(ExecutionId.Create(2, 1, 0)));
        Assert.Equal(2, (await dead.ClaimAsync()).Executions.Count);
        _proxy!.OnExecute = text =>
        {
            if (LooksForStrangers(text))
            {
                Clock.Advance(Short);
            }

            return Fate.Pass;
        };
        await judge.MaintainAsync();
        Clock.Advance(Short * 2);
        _proxy.OnExecute = static _ => Fate.Pass;
        var first = await judge.MaintainAsync(static request => request with { Limit = 1 });

        var second = await judge.MaintainAsync(static request => request with { Limit = 1 });

        Assert.Equal((1, true), (first.Released.Count, first.More));
        Assert.Single(second.Released);
    }

    /// <summary>Who was away himself has to be on time for a while before he judges others.</summary>
    [Fact]
    public async Task A_sweep_that_was_cut_off_is_not_forgotten_in_a_round_that_may_judge_nobody()
    {
        var judge = await OpenSessionAsync(1, TimeSpan.FromHours(1));
        var dead = await OpenSessionAsync(2, Short);
        await judge.CommitAsync(Make.Start(ExecutionId.Create(1, 1, 0)));
        var execution = await dead.ClaimOneAsync();
        _proxy!.OnExecute = text =>
        {
            if (LooksForStrangers(text))
            {
                Clock.Advance(Short * 100); // So dear that the next look is a while off.
            }

            return Fate.Pass;
        };
        await judge.MaintainAsync();
        await judge.BeatAsync();
        Clock.Advance(Worker.Interval * 2);
        var cuts = 0;
        _proxy.OnExecute = text =>
            text.Contains("barren_crashes", StringComparison.Ordinal) && Interlocked.Increment(ref cuts) == 1
                ? Fate.Cut
                : Fate.Pass;
        await Assert.ThrowsAsync<StoreException>(() => judge.MaintainAsync());
        Clock.Advance(Short * 40);
        var late = await judge.MaintainAsync();
        await judge.BeatAsync();
        var away = await judge.MaintainAsync();
        Clock.Advance(Worker.Interval * 2);

        var answer = await judge.MaintainAsync();

        Assert.Empty(late.Released.Concat(away.Released));
        Assert.Equal([execution.Id], answer.Released);
    }

    [Fact]
    public async Task One_connection_that_ends_holds_up_only_what_it_was_about()
    {
        var judge = await OpenSessionAsync(1, TimeSpan.FromHours(1));
        for (var id = 2; id <= 3; id++)
        {
            await judge.CommitAsync(Make.Start(ExecutionId.Create(id, 1, 0)));
            await (await OpenSessionAsync(id, Short)).ClaimOneAsync();
        }

        Clock.Advance(Short * 2);
        var cuts = 0;
        _proxy!.OnExecute = text =>
            text.Contains("barren_crashes", StringComparison.Ordinal) && Interlocked.Increment(ref cuts) == 1
                ? Fate.Cut
                : Fate.Pass;

        await Assert.ThrowsAsync<StoreException>(() => judge.MaintainAsync());

        var rows = await Store.Queries.ListAsync(new ExecutionFilter(), Token);
        Assert.Equal([false, true], rows.Select(static row => row.Owner == SessionId.None).Order());
        Assert.Single((await judge.MaintainAsync()).Released);
    }

    private protected abstract CuttingProxy CreateProxy();

    private protected abstract Task OpenAsync(string connectionString);

    private protected abstract Task CloseAsync();

    private protected abstract bool LooksForStrangers(string text);

    private async Task<Worker> OpenSessionAsync(long id, TimeSpan claimTimeout)
    {
        var row = new SessionRow
        {
            Id = new SessionId(id),
            Worker = $"worker-{id}",
            Build = "build",
            Workflows = [Make.Workflow],
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = claimTimeout,
        };
        await Store.OpenSessionAsync(row, Token);
        return new Worker(Store, row);
    }
}
