using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hydra.Storage;
using Hydra.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Hydra.Tests.Hosting;

/// <summary>What the surroundings of an engine may do wrong without its work suffering from it.</summary>
public class HostileHostTests
{
    [Fact]
    public async Task A_logger_that_throws_stops_no_work()
    {
        var store = default(WatchedStore);
        await using var world = new World();
        var handle = await world.StartAsync(
            Sleeper,
            TimeSpan.FromMinutes(1),
            configure: hydra =>
            {
                hydra.LoggerFactory = new BrokenLoggerFactory();
                hydra.UseStore(setup => store = new WatchedStore(
                    new InMemoryWorkflowStore(world.Database, setup.Namespace)));
            });
        await world.RestAsync();
        store!.Before = (_, call) => // Every third call of each kind fails, so that every loop has something to log.
        {
            if (call % 3 == 0)
            {
                throw new StoreException(StoreErrorKind.RolledBack, "Undone.");
            }
        };

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task Options_for_JSON_need_no_resolver()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext _, string text) => Task.FromResult(text + "!"),
            "é",
            configure: hydra => hydra.JsonOptions = new JsonSerializerOptions(JsonSerializerDefaults.Web));

        Assert.Equal("é!", await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task Engines_with_different_encoders_share_a_thread_and_not_the_encoder()
    {
        await using var world = new World();
        foreach (var encoder in new[] { JavaScriptEncoder.UnsafeRelaxedJsonEscaping, null })
        {
            var handle = await world.StartAsync(
                (WorkflowContext _, string text) => Task.FromResult(text),
                "é",
                configure: hydra => hydra.JsonOptions =
                    new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = encoder });

            var details = await world.EndOf(handle);

            Assert.Equal(encoder is null ? "\"\\u00E9\"" : "\"é\"", details.Journal[0].Input.Text());
        }
    }

    [Fact]
    public async Task An_engine_that_is_disposed_says_so_to_those_who_wait_and_those_who_call()
    {
        var database = new InMemoryDatabase(TimeProvider.System);
        var engine = await HydraEngine.OpenAsync(hydra => hydra.UseInMemory(database));
        var handle = await engine.Client.Workflow<int, int>("nobody-runs-it").StartAsync(1);
        var waiting = handle.ResultAsync();

        await engine.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        var thrown = await Assert.ThrowsAsync<ObjectDisposedException>(
            () => engine.Client.Workflow<int, int>("nobody-runs-it").StartAsync(1));
        Assert.Equal(typeof(HydraEngine).FullName, thrown.ObjectName);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => handle.CancelAsync());
    }

    [Fact]
    public async Task A_client_waits_no_longer_behind_what_cannot_be_written_than_its_patience()
    {
        var store = default(WatchedStore);
        await using var world = new World();
        var client = await world.OpenAsync<TimeSpan, int>(Sleeper, configure: hydra => hydra
            .UseStore(setup => store = new WatchedStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace))));
        await world.Until(client.Workflow<TimeSpan, int>("test").StartAsync(TimeSpan.FromSeconds(5)));
        await world.RestAsync();
        store!.Before = (name, _) =>
        {
            if (name == nameof(IWorkflowStore.CommitAsync))
            {
                throw new StoreException(StoreErrorKind.RolledBack, "Undone.");
            }
        };
        await world.PassAsync(TimeSpan.FromSeconds(10)); // The sleeper's own writes are what is tried again now.
        var before = world.Elapsed;

        var thrown = await Assert.ThrowsAsync<StoreException>(() => world.Until(Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => client.Workflow<TimeSpan, int>("test").StartAsync(TimeSpan.Zero)))));
        store.Before = (_, _) => { };

        Assert.True(thrown.Kind is StoreErrorKind.NotSent or StoreErrorKind.RolledBack, thrown.ToString());
        Assert.InRange((world.Elapsed - before).TotalSeconds, 0, 35);
    }

    [Fact]
    public async Task A_clock_that_breaks_in_an_execution_s_round_costs_that_execution_and_not_the_process()
    {
        var log = new LogBook();
        var clock = new BrokenClock(TimeSpan.FromMinutes(17));
        await using var engine = await HydraEngine.OpenAsync(hydra =>
        {
            (hydra.TimeProvider, hydra.LoggerFactory) = (clock, log);
            hydra.UseInMemory();
            hydra.AddWorkflow("test", async (WorkflowContext context, TimeSpan span) =>
            {
                var beside = context.StepAsync("beside", token => Task.Delay(Timeout.Infinite, token));
                await context.SleepAsync(span);
                await beside;
            });
            hydra.AddWorkflow("other", (WorkflowContext _, int number) => Task.FromResult(number));
            hydra.AddWorker(worker => worker);
        });
        var handle = await engine.Client.Workflow<TimeSpan, Nothing>("test").StartAsync(TimeSpan.FromMinutes(17));
        await clock.Broken.WaitAsync(TimeSpan.FromSeconds(30));
        for (var broken = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(broken) < TimeSpan.FromSeconds(30);)
        {
            if ((await handle.StatusAsync()).State == ExecutionState.Blocked)
            {
                break;
            }

            await Task.Yield();
        }

        var other = await engine.Client.Workflow<int, int>("other").StartAsync(7);
        var result = await other.ResultAsync().WaitAsync(TimeSpan.FromSeconds(30));
        var details = await handle.DescribeAsync();

        Assert.Equal(7, result);
        Assert.Equal((ExecutionState.Blocked, 0), (details.Row.State, details.Row.Crashes));
        Assert.Equal("No such timer.", Assert.Single(details.Refusals).Difference.Failure().Message);
        Assert.Contains(log.Lines, line => line.StartsWith("Critical", StringComparison.Ordinal)
            && line.Contains($"{handle.Id}", StringComparison.Ordinal));
    }

    private static async Task<int> Sleeper(WorkflowContext context, TimeSpan span)
    {
        await context.SleepAsync(span);
        return 7;
    }

    /// <summary>The system's clock, but for timers that are set as far ahead as given.</summary>
    private sealed class BrokenClock(TimeSpan limit) : TimeProvider
    {
        private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Broken => _broken.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > limit - TimeSpan.FromMinutes(1) && dueTime < limit + TimeSpan.FromMinutes(1))
            {
                _broken.TrySetResult();
                throw new InvalidOperationException("No such timer.");
            }

            return System.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class BrokenLoggerFactory : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => throw new IOException("No space left on device.");

        public void Dispose()
        {
        }
    }
}
