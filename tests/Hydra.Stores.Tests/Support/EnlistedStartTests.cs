using System.Data.Common;

namespace Hydra.Stores.Tests;

/// <summary>An engine on a database, and starts and cancellations in transactions of its users.</summary>
public abstract class EnlistedStartTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _given =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private HydraEngine _engine = null!;
    private DbConnection _connection = null!;
    private int _runs;

    private CancellationToken Token => _given.Token;

    private IHydraClient Client => _engine.Client;

    public async ValueTask InitializeAsync()
    {
        _given.CancelAfter(Patience);
        _engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Use(hydra);
                hydra.AddWorkflow<int, int>("double", (context, number) =>
                {
                    Interlocked.Increment(ref _runs);
                    return context.StepAsync("double", number, static (value, _) => Task.FromResult(value * 2));
                });
                hydra.AddWorkflow<int>("sleep", (context, hours) => context.SleepAsync(TimeSpan.FromHours(hours)));
                hydra.AddWorker();
            },
            Token);
        _connection = await ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _engine.DisposeAsync();
        await DropAsync();
        _given.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_is_started_in_a_transaction_runs_once_it_is_committed()
    {
        await using var transaction = await _connection.BeginTransactionAsync(Token);

        var handle = await Client.In(transaction).Workflow<int, int>("double").StartAsync(
            21, new() { Key = "twenty-one" }, Token);

        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => handle.StatusAsync(Token));
        Assert.Equal(0, _runs);
        await transaction.CommitAsync(Token);
        Assert.Equal(42, await handle.ResultAsync(Token));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task What_is_started_in_a_transaction_that_is_rolled_back_never_runs()
    {
        ExecutionHandle<int> lost;
        await using (var transaction = await _connection.BeginTransactionAsync(Token))
        {
            lost = await Client.In(transaction).Workflow<int, int>("double").StartAsync(
                1, new() { Key = "one" }, Token);
            await transaction.RollbackAsync(Token);
        }

        var next = await Client.Workflow<int, int>("double").StartAsync(2, new() { Key = "one" }, Token);

        Assert.Equal(4, await next.ResultAsync(Token)); // The key was free, for other work.
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => lost.StatusAsync(Token));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Many_are_started_together()
    {
        await using var transaction = await _connection.BeginTransactionAsync(Token);
        int[] inputs = [.. Enumerable.Range(0, 50)];
        var handles = await Client.In(transaction).Workflow<int, int>("double").StartAllAsync(
            inputs, number => new() { Key = $"number-{number}" }, Token);
        await transaction.CommitAsync(Token);

        var results = await Task.WhenAll(handles.Select(handle => handle.ResultAsync(Token)));

        Assert.Equal(inputs.Select(number => number * 2), results);
        Assert.Empty(await Client.In(transaction).Workflow<int, int>("double").StartAllAsync([], null, Token));
    }

    [Fact]
    public async Task A_conflict_is_told_leaves_nothing_and_the_transaction_goes_on()
    {
        var holder = await Client.Workflow<int, int>("double").StartAsync(1, new() { Key = "one" }, Token);
        await holder.ResultAsync(Token); // On a SQLite file nothing else can be written below.
        await using var transaction = await _connection.BeginTransactionAsync(Token);
        var workflow = Client.In(transaction).Workflow<int, int>("double");

        var conflict = await Assert.ThrowsAsync<StartConflictException>(
            () => workflow.StartAllAsync([5, 6], number => new() { Key = number == 6 ? "one" : "five" }, Token));
        var same = await workflow.StartAsync(1, new() { Key = "one" }, Token);
        var free = await workflow.StartAsync(7, new() { Key = "five" }, Token);
        await transaction.CommitAsync(Token);

        Assert.Contains($"{holder.Id}", conflict.Message, StringComparison.Ordinal);
        Assert.Equal(holder.Id, same.Id);
        Assert.Equal(14, await free.ResultAsync(Token));
    }

    [Fact]
    public async Task A_cancellation_in_a_transaction_takes_effect_with_its_commit()
    {
        var sleeper = await Client.Workflow<int, Nothing>("sleep").StartAsync(1, cancellationToken: Token);
        while ((await sleeper.StatusAsync(Token)).State != ExecutionState.Sleeping)
        {
            await Task.Yield();
        }

        await using (var undone = await _connection.BeginTransactionAsync(Token))
        {
            Assert.Equal(CancelOutcome.Requested, await Client.In(undone).CancelAsync(sleeper.Id, Token));
        }

        await using var transaction = await _connection.BeginTransactionAsync(Token);
        Assert.Equal(CancelOutcome.Requested, await Client.In(transaction).CancelAsync(sleeper.Id, Token));
        await Assert.ThrowsAsync<ExecutionNotFoundException>(
            () => Client.In(transaction).CancelAsync(ExecutionId.Create(1_700_000_000_000, 1, 1), Token));
        Assert.Equal(ExecutionState.Sleeping, (await sleeper.StatusAsync(Token)).State);

        await transaction.CommitAsync(Token);

        Assert.Equal(ExecutionState.Cancelled, await sleeper.WaitAsync(Token));
    }

    [Fact]
    public async Task A_start_that_is_not_allowed_leaves_the_transaction_as_it_was()
    {
        await using var transaction = await _connection.BeginTransactionAsync(Token);
        var client = Client.In(transaction);

        await Assert.ThrowsAsync<ArgumentException>(
            () => client.Workflow<int, int>("double").StartAsync(1, new() { Key = "" }, Token));
        Assert.Throws<ArgumentException>(() => client.Workflow<string, int>("double"));
        await Assert.ThrowsAsync<PayloadException>(
            () => client.StartAsync("double", Payload.Create(new byte[64 * 1024 * 1024]), cancellationToken: Token));
        var handle = await client.StartAsync("double", Payload.Create("3"u8.ToArray()), cancellationToken: Token);
        await transaction.CommitAsync(Token);

        Assert.Equal(6, await Client.Execution<int>(handle.Id).ResultAsync(Token));
    }

    [Fact]
    public async Task A_transaction_of_another_driver_or_database_is_refused()
    {
        await using var stranger = new Microsoft.Data.Sqlite.SqliteConnection("Data Source=:memory:");
        await stranger.OpenAsync(Token);
        await using var other = await stranger.BeginTransactionAsync(Token);
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(other));
        Assert.Contains(
            other.GetType() == ExpectedType ? "not where the engine keeps" : ExpectedType.FullName!,
            refused.Message,
            StringComparison.Ordinal);

        await using var elsewhere = await ConnectElsewhereAsync();
        await using var apart = await elsewhere.BeginTransactionAsync(Token);
        refused = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(apart));
        Assert.Contains("not where the engine keeps", refused.Message, StringComparison.Ordinal);
        await apart.CommitAsync(Token);
    }

    protected abstract Type ExpectedType { get; }

    protected abstract void Use(HydraBuilder hydra);

    protected abstract Task<DbConnection> ConnectAsync();

    /// <summary>Connects to a database in which there are no tables of the engine's.</summary>
    protected abstract Task<DbConnection> ConnectElsewhereAsync();

    protected abstract Task DropAsync();

    private Task<ExecutionHandle<int>> StartAsync(DbTransaction transaction) =>
        Client.In(transaction).Workflow<int, int>("double").StartAsync(1, cancellationToken: Token);
}
