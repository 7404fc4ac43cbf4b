using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>What beats do on a server while the table of executions cannot be read, or only at great cost.</summary>
public abstract class BeatTests : IAsyncLifetime
{
    private static readonly SessionRow Session = new()
    {
        Id = new SessionId(7),
        Worker = "worker",
        Build = "build",
        Workflows = ["order"],
        HeartbeatInterval = TimeSpan.FromSeconds(3),
        ClaimTimeout = TimeSpan.FromSeconds(15),
    };

    /// <summary>The store of which is asked, whose tables are there.</summary>
    protected abstract IWorkflowStore Store { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>The lease is extended whatever becomes of the look at what the session owns.</summary>
    [Fact]
    public async Task A_beat_extends_the_lease_while_nothing_that_is_owned_can_be_read()
    {
        var opened = await Store.OpenSessionAsync(Session, Token);
        HeartbeatAnswer blind;
        await using (await LockExecutionsAsync())
        {
            blind = await Store.HeartbeatAsync(Session.Id, [ExecutionId.Create(1, 1, 0)], Token);
        }

        var lease = (await Store.Queries.ListSessionsAsync(Token)).Single().ExpiresAt;

        Assert.Equal((false, BeatLook.Nothing, 0), (blind.Lost, blind.Look, blind.Owned.Count));
        Assert.True(blind.Now.Micros > opened.Micros);
        Assert.Equal(blind.Now.Plus(Session.ClaimTimeout), lease);
    }

    [Fact]
    public async Task A_beat_after_one_that_could_not_look_at_everything_looks_at_what_runs()
    {
        var worker = new Worker(Store, Session);
        await Store.OpenSessionAsync(Session, Token);
        await Store.CommitAsync(new CommitBatch(SessionId.None, [NewStart(), NewStart()]), Token);
        var ids = (await worker.ClaimAsync()).Executions.Select(static one => one.Row.Id).ToList();
        await using (await LockExecutionsAsync())
        {
            await Store.HeartbeatAsync(Session.Id, [], Token);
        }

        var beat = await Store.HeartbeatAsync(Session.Id, [ids[0], ExecutionId.Create(1, 1, 0)], Token);

        Assert.Equal(BeatLook.Running, beat.Look);
        Assert.Equal([new OwnedExecution(ids[0], 1, 0, ExecutionRequests.None)], beat.Owned);
    }

    /// <summary>Keeps everybody from reading the executions, until it is disposed.</summary>
    protected abstract Task<IAsyncDisposable> LockExecutionsAsync();

    private static StartOperation NewStart() => Make.Start(
        ExecutionId.Create(1_800_000_000_000, (ulong)Random.Shared.NextInt64(), (byte)Random.Shared.Next(256)));
}
