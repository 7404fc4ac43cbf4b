using Hydra.Sqlite;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>The host's clock is the database's, and people and machines set clocks back.</summary>
public sealed class SqliteClockTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-clock-");
    private readonly MachineClock _clock = new();
    private readonly List<SqliteWorkflowStore> _stores = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await Open().MigrateAsync(Token);

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_goes_on_and_is_caught_up_with()
    {
        var before = await NowAsync(_stores[0]);
        _clock.SetBack(TimeSpan.FromHours(1));

        _clock.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(TimeSpan.FromSeconds(99), (await NowAsync(_stores[0])).Since(before));

        _clock.Advance(TimeSpan.FromHours(101));
        Assert.Equal(_clock.GetUtcNow(), (await NowAsync(_stores[0])).ToDateTimeOffset());
    }

    [Fact]
    public async Task A_process_that_starts_after_the_clock_was_set_back_agrees_with_those_that_run()
    {
        var running = await _stores[0].OpenSessionAsync(Session(1), Token);
        _clock.SetBack(TimeSpan.FromHours(1));
        _clock.Advance(TimeSpan.FromSeconds(10));

        var opening = Open().OpenSessionAsync(Session(2), Token);
        await BeatUntilAsync(opening);

        Assert.InRange((await opening).Since(running), TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(11));
    }

    [Fact]
    public async Task A_client_that_starts_after_the_clock_was_set_back_agrees_with_the_workers_that_run()
    {
        var running = await _stores[0].OpenSessionAsync(Session(1), Token);
        _clock.SetBack(TimeSpan.FromHours(1));
        var client = Open();

        await BeatUntilAsync(client.VerifyAsync(Token));

        Assert.InRange((await NowAsync(client)).Since(running), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_worker_that_died_while_the_clock_was_ahead_makes_nothing_due_and_is_buried_in_time()
    {
        await _stores[0].OpenSessionAsync(Session(1), Token);
        _clock.SetBack(TimeSpan.FromHours(2));
        var truth = Instant.From(_clock.GetUtcNow());
        var opening = Open().OpenSessionAsync(Session(2), Token);
        await AdvanceUntilAsync(opening);
        var store = _stores[1];
        for (var i = 0; i < 6; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(3));
            await store.HeartbeatAsync(new SessionId(2), [], Token);
        }

        await store.MaintainAsync(
            new MaintenanceRequest
            {
                Session = new SessionId(2),
                Build = "build",
                TimeoutFailure = default,
            },
            Token);
        var living = await store.Queries.ListSessionsAsync(Token);

        Assert.InRange((await opening).Since(truth), TimeSpan.Zero, TimeSpan.FromHours(1));
        Assert.Equal(2, Assert.Single(living).Id.Value);
    }

    /// <summary>Lets the first store's session beat, as its worker would.</summary>
    private async Task BeatUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            await _stores[0].HeartbeatAsync(new SessionId(1), [], Token);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await task;
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(10));
            await NowAsync(_stores[0]); // Takes its time, so that the clock does not run away.
        }

        await task;
    }

    private static Task<Instant> NowAsync(SqliteWorkflowStore store) => store.Queries.NowAsync(Token);

    private static SessionRow Session(long id) => new()
    {
        Id = new SessionId(id),
        Worker = "worker",
        Build = "build",
        Host = "host",
        Workflows = [],
        Concurrency = 1,
        HeartbeatInterval = TimeSpan.FromSeconds(3),
        ClaimTimeout = TimeSpan.FromSeconds(15),
    };

    private SqliteWorkflowStore Open()
    {
        var path = Path.Combine(_directory.FullName, "clock.db");
        _stores.Add(new SqliteWorkflowStore(new SqliteStoreOptions { Path = path }, "tests", _clock));
        return _stores[^1];
    }
}
