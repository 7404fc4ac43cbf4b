using System.Diagnostics;
using Hydra.Engine.Observing;
using Hydra.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Support;

/// <summary>Engines over one database and one virtual clock, which moves only while they rest.</summary>
/// <remarks>
/// At rest means that nothing of an engine is queued or runs, bodies and calls of clients included, and nothing of what
/// the test itself has put around them: from where it makes its world on, its continuations are counted. What leaves
/// their context (Task.Run, ConfigureAwait(false)) is on its own.
/// </remarks>
internal sealed class World : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // Of real time: a hang fails the test.

    private readonly Pulse _pulse = new();
    private readonly List<(HydraEngine Engine, VirtualRuntime Runtime)> _open = [];

    private readonly DateTimeOffset _began;

    public World()
        : this(new FakeTimeProvider(Start))
    {
    }

    public World(FakeTimeProvider clock)
    {
        Clock = clock;
        _began = clock.GetUtcNow();
        Database = new InMemoryDatabase(clock);
        _pulse.Watch();
    }

    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public FakeTimeProvider Clock { get; }

    public InMemoryDatabase Database { get; }

    public LogBook Log { get; } = new();

    /// <summary>Where a test may hold bodies before they begin.</summary>
    public BodyGate Bodies { get; } = new();

    public bool KeepsLog { get; init; } = true;

    /// <summary>The clients of the engines that are open, in the order of their opening.</summary>
    public IReadOnlyList<IHydraClient> Clients => [.. _open.Select(open => open.Engine.Client)];

    /// <summary>How much of the clock has passed.</summary>
    public TimeSpan Elapsed => Clock.GetUtcNow() - _began;

    /// <summary>A store with threads of its own: while it has a call to answer, nothing is at rest.</summary>
    public IWorkflowStore Counted(IWorkflowStore store) => CountedCalls.Of(store, _pulse);

    /// <summary>Work with a database that is none of the store's: until it is done, nothing is at rest.</summary>
    public Task<T> Counted<T>(Func<Task<T>> work) => _pulse.Count(work);

    /// <summary>Opens an engine with a worker, like a process that starts.</summary>
    public Task<IHydraClient> OpenAsync(Action<HydraBuilder> configure) => OpenAsync(configure, worker => worker);

    public async Task<IHydraClient> OpenAsync(
        Action<HydraBuilder> configure, Func<WorkerOptions, WorkerOptions>? worker)
    {
        var runtime = new VirtualRuntime(Clock, _pulse, Bodies);
        var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                hydra.Runtime = runtime;
                hydra.TimeProvider = Clock;
                hydra.LoggerFactory = KeepsLog ? Log : NullLoggerFactory.Instance;
                hydra.UseInMemory(Database);
                if (worker is not null)
                {
                    hydra.AddWorker(worker);
                }

                configure(hydra);
            },
            TestContext.Current.CancellationToken);
        _open.Add((engine, runtime));
        return engine.Client;
    }

    /// <summary>Looks whether the engine that was opened last is ready.</summary>
    public Task<IReadOnlyList<HealthFinding>> ReadyAsync() =>
        _open[^1].Engine.CheckReadyAsync(TestContext.Current.CancellationToken);

    /// <summary>Opens an engine that knows one workflow, "test".</summary>
    public Task<IHydraClient> OpenAsync<TInput, TOutput>(
        Func<WorkflowContext, TInput, Task<TOutput>> run,
        WorkflowOptions? options = null,
        Action<HydraBuilder>? configure = null,
        Func<WorkerOptions, WorkerOptions>? worker = null) =>
        OpenAsync(
            hydra =>
            {
                hydra.AddWorkflow("test", run, options);
                configure?.Invoke(hydra);
            },
            worker ?? (options => options));

    /// <summary>Opens an engine that knows one workflow, "test", and starts it.</summary>
    public async Task<ExecutionHandle<TOutput>> StartAsync<TInput, TOutput>(
        Func<WorkflowContext, TInput, Task<TOutput>> run,
        TInput input,
        StartOptions? start = null,
        WorkflowOptions? options = null,
        Action<HydraBuilder>? configure = null)
    {
        var client = await OpenAsync(run, options, configure);
        return await client.Workflow<TInput, TOutput>("test").StartAsync(
            input, start, TestContext.Current.CancellationToken);
    }

    /// <summary>Runs a workflow that needs no input to its end.</summary>
    public async Task<TOutput> RunAsync<TOutput>(
        Func<WorkflowContext, Task<TOutput>> run,
        StartOptions? start = null,
        WorkflowOptions? options = null,
        Action<HydraBuilder>? configure = null) =>
        await Until((await StartAsync((WorkflowContext context, int _) => run(context), 0, start, options, configure))
            .ResultAsync(TestContext.Current.CancellationToken));

    /// <summary>Waits for the end of an execution and tells everything about it.</summary>
    public async Task<ExecutionDetails> EndOf(ExecutionHandle handle)
    {
        await Until(handle.WaitAsync(TestContext.Current.CancellationToken));
        return await handle.DescribeAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Lets everything that can happen now happen, and tells everything about an execution.</summary>
    public async Task<ExecutionDetails> Now(ExecutionHandle handle)
    {
        await RestAsync();
        return await handle.DescribeAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Lets everything that can happen now happen.</summary>
    public async Task RestAsync()
    {
        try
        {
            await _pulse.RestAsync().WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            var lines = Log.Lines;
            Assert.Fail($"The engines do not come to rest. They logged {lines.Count} lines, at last:\n"
                + string.Join('\n', lines.TakeLast(50)));
        }
    }

    /// <summary>Moves the clock in one jump, and lets happen what follows.</summary>
    public async Task AdvanceAsync(TimeSpan span)
    {
        await RestAsync().ConfigureAwait(false);
        await TickAsync(span).ConfigureAwait(false);
        await RestAsync().ConfigureAwait(false);
    }

    /// <remarks>
    /// The clock lets one thread at a time fire timers and sends others away, so a move may come back before its timers
    /// have fired. The last timer of the move tells when they have.
    /// </remarks>
    private async Task TickAsync(TimeSpan span)
    {
        var fired = 0;
        await using var last = Clock.CreateTimer(
            _ => Volatile.Write(ref fired, 1),
            null,
            span < LongestTimer ? span : LongestTimer,
            Timeout.InfiniteTimeSpan);
        Clock.Advance(span);
        while (Volatile.Read(ref fired) == 0)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            Clock.Advance(TimeSpan.Zero);
        }
    }

    /// <summary>Moves the clock second by second, so that the living beat on time meanwhile.</summary>
    public async Task PassAsync(TimeSpan span)
    {
        for (var end = Elapsed + span; Elapsed < end;)
        {
            var left = end - Elapsed;
            await AdvanceAsync(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        }
    }

    /// <summary>Moves the clock in small steps until a task has ended.</summary>
    public Task<T> Until<T>(Task<T> task)
    {
        _pulse.Watch();
        return MoveUntilAsync(task);
    }

    public Task Until(Task task)
    {
        _pulse.Watch();
        return MoveUntilAsync(task);
    }

    private async Task<T> MoveUntilAsync<T>(Task<T> task)
    {
        await MoveUntilAsync((Task)task).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    private async Task MoveUntilAsync(Task task)
    {
        for (var started = Stopwatch.GetTimestamp(); !task.IsCompleted;)
        {
            await RestAsync().ConfigureAwait(false);
            if (!task.IsCompleted)
            {
                Assert.True(
                    Stopwatch.GetElapsedTime(started) < Patience, $"It did not end after {Elapsed}.\n{Log}");
                await TickAsync(Step).ConfigureAwait(false);
            }
        }

        await task.ConfigureAwait(false);
    }

    /// <summary>Ends every engine as a killed process ends, without a word; or only that of one client.</summary>
    public async Task CrashAsync(IHydraClient? only = null)
    {
        foreach (var (_, runtime) in _open.Where(IsMeant))
        {
            runtime.Kill();
        }

        _open.RemoveAll(IsMeant);
        await RestAsync();

        bool IsMeant((HydraEngine Engine, VirtualRuntime Runtime) open) =>
            only is null || ReferenceEquals(open.Engine.Client, only);
    }

    /// <summary>Shuts every engine down gracefully.</summary>
    public async Task CloseAsync()
    {
        foreach (var (engine, _) in _open)
        {
            await Until(engine.DisposeAsync().AsTask());
        }

        _open.Clear();
    }

    public async ValueTask DisposeAsync() => await CloseAsync();
}
