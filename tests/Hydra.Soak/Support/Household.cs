using System.Collections.Concurrent;
using Hydra.Sqlite;
using Hydra.Storage;

namespace Hydra.Soak.Support;

/// <summary>Two workers and a client of this process on one file, and the work that they are given.</summary>
/// <remarks>What was acknowledged is noted, so that nothing of it can be lost unseen.</remarks>
internal sealed class Household : IAsyncDisposable
{
    private static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<int, ExecutionHandle<string>> _started = [];
    private readonly List<HydraEngine> _engines = [];
    private IReadOnlyList<SessionId> _sessions = [];
    private int _next;

    private Household()
    {
    }

    public IHydraClient Client => _engines[0].Client;

    public IReadOnlyCollection<ExecutionHandle<string>> Started => [.. _started.Values];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Household> OpenAsync(string path)
    {
        var household = new Household();
        household._engines.Add(await HydraEngine.OpenAsync(
            hydra =>
            {
                hydra.UseSqlite(path);
                hydra.ClientPatience = TimeSpan.FromSeconds(1);
            },
            Cancellation));
        for (var worker = 1; worker <= 2; worker++)
        {
            household._engines.Add(await HydraEngine.OpenAsync(
                hydra =>
                {
                    hydra.UseSqlite(new SqliteStoreOptions { Path = path, BusyTimeout = ClaimTimeout / 2 });
                    hydra.AddWorkflow<string, string>("keeps", RunAsync);
                    hydra.AddWorker(options => options with
                    {
                        ClaimTimeout = ClaimTimeout,
                        HeartbeatInterval = ClaimTimeout / 4,
                        PollInterval = TimeSpan.FromSeconds(1),
                    });
                },
                Cancellation));
        }

        household._sessions = await household.SessionsAsync();
        return household;
    }

    /// <summary>Starts one execution and notes it if that was acknowledged.</summary>
    /// <exception cref="StoreException">It was not.</exception>
    public async Task<ExecutionHandle<string>> StartAsync(int characters = 100)
    {
        var number = Interlocked.Increment(ref _next);
        var handle = await Client.Workflow<string, string>("keeps").StartAsync(
            new string('x', characters), cancellationToken: Cancellation);
        return _started[number] = handle;
    }

    /// <summary>Starts one execution after the other until one is refused.</summary>
    public async Task<StoreException> StartUntilRefusedAsync(int characters = 100)
    {
        while (true)
        {
            try
            {
                await StartAsync(characters);
            }
            catch (StoreException refused)
            {
                return refused;
            }
        }
    }

    /// <summary>
    /// Everything that was acknowledged completes, nothing else is there, and no live worker was taken for dead.
    /// </summary>
    public async Task AssertNothingHappenedAsync() =>
        Assert.Equal(Started.Count, (await AssertNothingIsLostAsync()).Count);

    /// <summary>The same, but that what was in doubt may be there as well.</summary>
    public async Task<IReadOnlyList<ExecutionRow>> AssertNothingIsLostAsync()
    {
        foreach (var handle in Started)
        {
            var result = handle.ResultAsync(Cancellation);
            Assert.StartsWith("x", await result.WaitAsync(TimeSpan.FromMinutes(2), Cancellation));
        }

        var rows = await Client.ListAsync(new ExecutionFilter { Limit = 1_000 }, Cancellation);
        Assert.Subset(rows.Select(row => row.Id).ToHashSet(), Started.Select(handle => handle.Id).ToHashSet());
        Assert.All(rows, row => Assert.Equal(0, row.Crashes));
        Assert.Equal(_sessions, await SessionsAsync());
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in Enumerable.Reverse(_engines))
        {
            await engine.DisposeAsync();
        }
    }

    private async Task<IReadOnlyList<SessionId>> SessionsAsync() =>
        [.. (await Client.WorkersAsync(Cancellation)).Select(session => session.Id).OrderBy(id => id.Value)];

    private static async Task<string> RunAsync(WorkflowContext context, string text)
    {
        text = text[..10]; // What was given may be large, to fill a disk; what is made of it is not.
        for (var round = 0; round < 3; round++)
        {
            text = await context.StepAsync("copy", text, static (text, _) => Task.FromResult(text));
            await context.SleepAsync(TimeSpan.FromMilliseconds(500));
        }

        return text;
    }
}
