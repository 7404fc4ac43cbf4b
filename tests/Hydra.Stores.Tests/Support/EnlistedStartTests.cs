using System.Data.Common;
using System.Transactions;

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

    protected CancellationToken Token => _given.Token;

    protected IHydraClient Client => _engine.Client;

    public async ValueTask InitializeAsync()
    {
        _given.CancelAfter(Patience);
        _engine = await OpenAsync(static hydra => hydra.AddWorker());
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_started_within_a_scope_runs_once_that_is_complete(bool completes)
    {
        if (!HasScopes)
        {
            return; // See what its driver is told.
        }

        ExecutionHandle<int>[] handles;
        using (var scope = NewScope())
        {
            await using var connection = await ConnectAsync();
            var workflow = Client.In(connection).Workflow<int, int>("double");
            var first = await workflow.StartAsync(21, new() { Key = "twenty-one" }, Token);
            var others = await workflow.StartAllAsync([1, 2], static number => new() { Key = $"{number}" }, Token);
            Assert.Equal(first.Id, (await workflow.StartAsync(21, new() { Key = "twenty-one" }, Token)).Id);
            await Assert.ThrowsAsync<StartConflictException>(
                () => workflow.StartAsync(22, new() { Key = "twenty-one" }, Token));
            Assert.Equal(CancelOutcome.Cancelled, await Client.In(connection).CancelAsync(others[1].Id, Token));
            await Assert.ThrowsAsync<ExecutionNotFoundException>(() => first.StatusAsync(Token));
            handles = [first, .. others];
            if (completes)
            {
                scope.Complete();
            }
        }

        if (completes)
        {
            Assert.Equal((42, 2), (await handles[0].ResultAsync(Token), await handles[1].ResultAsync(Token)));
            Assert.Equal(ExecutionState.Cancelled, await handles[2].WaitAsync(Token));
        }
        else
        {
            await Assert.ThrowsAsync<ExecutionNotFoundException>(() => handles[0].StatusAsync(Token));
            Assert.Equal(0, _runs);
        }
    }

    /// <summary>The worker does not poll within the test, so it has to be told.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Workers_hear_of_what_was_started_within_a_scope(bool here)
    {
        if (!HasScopes)
        {
            return;
        }

        await _engine.DisposeAsync();
        await using var worker = await OpenAsync(hydra => hydra.AddWorker(
            static options => options with { PollInterval = TimeSpan.FromMinutes(10) }));
        await using var elsewhere = await OpenAsync(static _ => { });
        var begun = await worker.Client.Workflow<int, int>("double").StartAsync(1, cancellationToken: Token);
        await begun.ResultAsync(Token); // It has begun to listen.
        var client = here ? worker.Client : elsewhere.Client;
        ExecutionHandle<int> handle;
        using (var scope = NewScope())
        {
            handle = await client.In(_connection).Workflow<int, int>("double").StartAsync(4, cancellationToken: Token);
            scope.Complete();
        }

        Assert.Equal(8, await worker.Client.Execution<int>(handle.Id).ResultAsync(Token));
    }

    [Fact]
    public async Task Without_an_ambient_transaction_or_an_open_connection_there_is_nothing_to_be_in()
    {
        var none = Assert.Throws<InvalidOperationException>(() => Client.In(_connection));
        Assert.Contains("TransactionScope", none.Message, StringComparison.Ordinal);

        using var scope = NewScope();
        await _connection.CloseAsync();
        var closed = Assert.Throws<ArgumentException>(() => Client.In(_connection));
        Assert.Contains("not open", closed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_is_in_another_transaction_or_elsewhere_is_refused_within_a_scope()
    {
        if (!HasScopes)
        {
            return;
        }

        await using (await _connection.BeginTransactionAsync(Token))
        {
            var scope = NewScope();
            Assert.Throws<InvalidOperationException>(() => Client.In(_connection));
            Assert.Throws<InvalidOperationException>(() => Client.In(_connection)); // Half of it is no more than none.
            scope.Complete();
            Assert.Throws<TransactionAbortedException>(scope.Dispose);
        }

        using (var scope = NewScope())
        {
            await using var elsewhere = await ConnectElsewhereAsync();
            var refused = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(Client.In(elsewhere)));
            Assert.Contains("not where the engine keeps", refused.Message, StringComparison.Ordinal);
        }

        using (var scope = NewScope())
        {
            Client.In(_connection);
            using var inner = new TransactionScope(
                TransactionScopeOption.RequiresNew, TransactionScopeAsyncFlowOption.Enabled);
            Assert.Throws<InvalidOperationException>(() => Client.In(_connection));
        }
    }

    /// <summary>A driver that enlists it finds out too late, and keeps the connection for what has ended.</summary>
    [Fact]
    public async Task A_scope_that_has_ended_is_not_joined_and_the_next_one_is()
    {
        if (!HasScopes)
        {
            return;
        }

        using (NewScope())
        {
            Transaction.Current!.Rollback();
            var ended = Assert.Throws<InvalidOperationException>(() => Client.In(_connection));
            Assert.Contains("has ended", ended.Message, StringComparison.Ordinal);
        }

        ExecutionId id;
        using (var scope = NewScope())
        {
            id = (await StartAsync(Client.In(_connection))).Id;
            scope.Complete();
        }

        await Client.Execution(id).DescribeAsync(Token);
    }

    protected abstract Type ExpectedType { get; }

    /// <summary>Whether the driver takes part in transactions of System.Transactions.</summary>
    protected virtual bool HasScopes => true;

    protected abstract void Use(HydraBuilder hydra);

    protected abstract Task<DbConnection> ConnectAsync();

    /// <summary>Connects to a database in which there are no tables of the engine's.</summary>
    protected abstract Task<DbConnection> ConnectElsewhereAsync();

    protected abstract Task DropAsync();

    private Task<HydraEngine> OpenAsync(Action<HydraBuilder> configure) => HydraEngine.OpenAsync(
        hydra =>
        {
            Use(hydra);
            hydra.AddWorkflow<int, int>("double", (context, number) =>
            {
                Interlocked.Increment(ref _runs);
                return context.StepAsync("double", number, static (value, _) => Task.FromResult(value * 2));
            });
            hydra.AddWorkflow<int>("sleep", (context, hours) => context.SleepAsync(TimeSpan.FromHours(hours)));
            configure(hydra);
        },
        Token);

    private static TransactionScope NewScope() => new(
        TransactionScopeOption.Required,
        new System.Transactions.TransactionOptions { IsolationLevel = IsolationLevel.ReadCommitted },
        TransactionScopeAsyncFlowOption.Enabled);

    private Task<ExecutionHandle<int>> StartAsync(DbTransaction transaction) => StartAsync(Client.In(transaction));

    private Task<ExecutionHandle<int>> StartAsync(ITransactionClient client) =>
        client.Workflow<int, int>("double").StartAsync(1, cancellationToken: Token);
}
