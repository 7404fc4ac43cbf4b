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

        var started = await Open().OpenSessionAsync(Session(2), Token);

        Assert.InRange(started.Since(running), TimeSpan.Zero, TimeSpan.FromSeconds(10));
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
