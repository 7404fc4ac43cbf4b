using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>
/// An engine with a worker on a database, and another without one, as in the user's web server, beside his context.
/// </summary>
/// <remarks>The worker does not poll within a test: it runs only what it was woken for.</remarks>
public abstract class ContextTests(Database database) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _given =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private readonly List<IAsyncDisposable> _kept = [];
    private HydraEngine _worker = null!;
    private HydraEngine _front = null!;
    private int _runs;

    protected Database Database { get; } = database;

    protected CancellationToken Token => _given.Token;

    protected IHydraClient Client => _front.Client;

    /// <summary>The client of the process that the worker is in.</summary>
    protected IHydraClient Near => _worker.Client;

    /// <summary>How many bodies of "double" have run.</summary>
    protected int Runs => Volatile.Read(ref _runs);

    public async ValueTask InitializeAsync()
    {
        _given.CancelAfter(Patience);
        _worker = await HydraEngine.OpenAsync(
            hydra =>
            {
                Database.Use(hydra);
                hydra.AddWorkflow<int, int>("double", (context, number) =>
                {
                    Interlocked.Increment(ref _runs);
                    return context.StepAsync("double", number, static (value, _) => Task.FromResult(value * 2));
                });
                hydra.AddWorkflow<int>("sleep", (context, hours) => context.SleepAsync(TimeSpan.FromHours(hours)));
                hydra.AddWorker(worker => worker with { PollInterval = TimeSpan.FromMinutes(10) });
            },
            Token);
        _front = await HydraEngine.OpenAsync(Database.Use, Token);
        await Database.CreateOrdersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_kept))
        {
            await one.DisposeAsync();
        }

        await _front.DisposeAsync();
        await _worker.DisposeAsync();
        await Database.DisposeAsync();
        _given.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes of something at the end of the test, the last first.</summary>
    protected T Keep<T>(T one) where T : IAsyncDisposable
    {
        _kept.Add(one);
        return one;
    }

    protected ShopContext CreateContext(params IInterceptor[] interceptors) =>
        Database.CreateContext(options => options.AddInterceptors(interceptors));

    protected Task<ExecutionHandle<int>> AddStartAsync(ShopContext context, int input, StartOptions? options = null) =>
        Client.With(context).Workflow<int, int>("double").StartAsync(input, options, Token);

    /// <summary>How many orders and executions there are, as somebody else sees them.</summary>
    protected async Task<(int Orders, int Executions)> CountAsync()
    {
        await using var context = CreateContext();
        return (await context.Orders.CountAsync(Token), (await Client.ListAsync(new() { Limit = 1_000 }, Token)).Count);
    }
}
