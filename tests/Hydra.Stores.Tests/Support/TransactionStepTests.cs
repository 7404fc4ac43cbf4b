using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>An engine on a database, and steps whose bodies write there.</summary>
public abstract class TransactionStepTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _given =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private HydraEngine _engine = null!;
    private Func<WorkflowContext, int, Task<int>> _code = null!;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DbDataSource _own = null!;
    private int _bodies;

    protected CancellationToken Token => _given.Token;

    protected string Table { get; } = $"ledger_{Guid.NewGuid():N}";

    /// <summary>How many bodies have begun that write.</summary>
    protected int Bodies => _bodies;

    /// <summary>Options of a step that has one try, within which its body may begin anew.</summary>
    protected static TransactionOptions Once { get; } = new() { Retry = new() { MaxAttempts = 1 } };

    public async ValueTask InitializeAsync()
    {
        _given.CancelAfter(Patience);
        _own = Own();
        _engine = await OpenAsync();
        await ExecuteAsync($"CREATE TABLE {Table} (number INT NOT NULL)");
    }

    public async ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        await ExecuteAsync($"DROP TABLE {Table}");
        await _own.DisposeAsync();
        await _engine.DisposeAsync();
        await DropAsync();
        _given.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_a_body_writes_and_its_result_are_committed_together()
    {
        var result = await RunAsync((context, number) => context.TransactionAsync("write", number, WriteAsync));

        Assert.Equal(2, result);
        Assert.Equal((1, 1), (await CountAsync(), _bodies));
    }

    [Fact]
    public async Task Every_form_of_a_transactional_step_runs()
    {
        var result = await RunAsync(async (context, number) =>
        {
            await context.TransactionAsync("no-output", number, async (transaction, value, token) =>
            {
                await WriteAsync(transaction, value, token);
            });
            await context.TransactionAsync("nothing", (transaction, token) => (Task)WriteAsync(transaction, 5, token));
            return await context.TransactionAsync(
                "no-input", async (transaction, token) => await WriteAsync(transaction, 6, token));
        });

        Assert.Equal(12, result);
        Assert.Equal(3, await CountAsync());
    }

    [Fact]
    public async Task A_fork_runs_no_transaction_before_its_step_again_and_its_own_once()
    {
        var source = await StartAsync(async (context, number) => await context.TransactionAsync(
            "second", await context.TransactionAsync("first", number, WriteAsync), WriteAsync));
        await source.ResultAsync(Token);
        var before = ExecutionJson.Format(await source.DescribeAsync(Token));

        var edited = await source.ForkAsync("second", new ForkOptions().WithStepInput(7), Token);
        Assert.Equal(14, await edited.ResultAsync(Token));
        Assert.Equal((3, 3), (await CountAsync(), _bodies));
        var given = await source.ForkAsync("second", new ForkOptions().WithStepOutput(1), Token);
        Assert.Equal(1, await given.ResultAsync(Token));
        Assert.Equal((3, 3), (await CountAsync(), _bodies));
        var both = await source.ForkAsync("first", cancellationToken: Token);
        Assert.Equal(await source.ResultAsync(Token), await both.ResultAsync(Token));
        Assert.Equal((5, 5), (await CountAsync(), _bodies));
        Assert.Equal(before, ExecutionJson.Format(await source.DescribeAsync(Token)));
    }

    [Fact]
    public async Task A_body_that_fails_leaves_nothing_and_is_tried_again()
    {
        var result = await RunAsync((context, number) => context.TransactionAsync(
            "write",
            number,
            async (transaction, value, token) =>
            {
                var doubled = await WriteAsync(transaction, value, token);
                return _bodies < 3 ? throw new InvalidOperationException("not yet") : doubled;
            },
            new() { Retry = new() { MaxAttempts = 3, Backoff = TimeSpan.FromMilliseconds(1) } }));

        Assert.Equal(2, result);
        Assert.Equal((1, 3), (await CountAsync(), _bodies));
    }

    /// <summary>The connection breaks while the answer to the commit is awaited: it came through, or not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_in_doubt_has_one_effect_and_one_checkpoint(bool committed)
    {
        var handle = await StartAsync((context, number) => context.TransactionAsync<CutTransaction, int, int>(
            "write",
            number,
            async (_, token) => new CutTransaction(await BeginAsync(token), committed, cuts: _bodies == 0),
            (transaction, value, token) => WriteAsync(transaction.Transaction, value, token),
            new() { Retry = new() { MaxAttempts = 3, Backoff = TimeSpan.FromMilliseconds(1) } }));

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.Equal((1, committed ? 1 : 2), (await CountAsync(), _bodies));
        var details = await handle.DescribeAsync(Token);
        var step = Assert.Single(details.Journal, static entry => entry.Kind == EntryKind.Step);
        Assert.Equal((false, committed ? 1 : 2), (step.Failed, step.Attempt));
        Assert.Single(details.Tries, static one => one is { Phase: TryPhase.Landed, Failure.IsNone: true });
    }

    /// <summary>Somebody has put a constraint on the engine's table, so that a doubt cannot be settled.</summary>
    [Fact]
    public async Task A_bar_that_the_database_refuses_blocks_the_execution_until_that_is_repaired()
    {
        await ExecuteAsync(RefuseBars);
        var handle = await StartAsync((context, number) => context.TransactionAsync<CutTransaction, int, int>(
            "write",
            number,
            async (_, token) => new CutTransaction(await BeginAsync(token), committed: false, cuts: _bodies == 0),
            (transaction, value, token) => WriteAsync(transaction.Transaction, value, token)));
        ExecutionDetails details;
        do
        {
            await Task.Yield();
            details = await handle.DescribeAsync(Token);
        }
        while (details.Row.State != ExecutionState.Blocked);

        await ExecuteAsync(AllowBars);
        await handle.RetryAsync(Token);

        Assert.Equal(2, await handle.ResultAsync(Token));
        Assert.Equal((1, 2), (await CountAsync(), _bodies));
        var difference = Encoding.UTF8.GetString(Assert.Single(details.Refusals).Difference.Data.Span);
        Assert.Contains("no_bars", difference, StringComparison.Ordinal);
    }

    /// <summary>As after a crash between the commit and the checkpoint: another worker finds what has landed.</summary>
    [Fact]
    public async Task What_has_landed_is_delivered_by_the_next_owner_and_no_body_begins()
    {
        var committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handle = await StartAsync((context, number) => context.TransactionAsync<CutTransaction, int, int>(
            "write",
            number,
            async (_, token) => new CutTransaction(await BeginAsync(token), committed: true, cuts: false)
            {
                Committed = () =>
                {
                    committed.TrySetResult();
                    return _ended.Task; // Its process never hears of it.
                },
            },
            (transaction, value, token) => WriteAsync(transaction.Transaction, value, token)));
        await committed.Task.WaitAsync(Token);
        await ForgetOwnerAsync(handle.Id);

        await using var next = await OpenAsync();
        var result = await next.Client.Execution<int>(handle.Id).ResultAsync(Token);

        Assert.Equal(2, result);
        Assert.Equal((1, 1), (await CountAsync(), _bodies));
    }

    [Fact]
    public async Task A_transaction_of_another_database_is_refused_and_says_why()
    {
        await using var elsewhere = Elsewhere();

        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => RunAsync(
            (context, number) => context.TransactionAsync(
                "write", number, WriteAsync, new() { DataSource = elsewhere })));

        Assert.Contains("not where the engine keeps", failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, _bodies);
    }

    [Fact]
    public async Task A_source_of_the_users_own_is_taken()
    {
        await using var own = Own();

        var result = await RunAsync(
            (context, number) => context.TransactionAsync("write", number, WriteAsync, new() { DataSource = own }));

        Assert.Equal((2, 1), (result, await CountAsync()));
    }

    [Fact]
    public async Task A_body_that_commits_by_itself_fails_for_good()
    {
        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => RunAsync(
            (context, number) => context.TransactionAsync("write", number, async (transaction, value, token) =>
            {
                var doubled = await WriteAsync(transaction, value, token);
                await transaction.CommitAsync(token);
                return doubled;
            })));

        Assert.Contains("Leave the commit to the engine", failed.Message, StringComparison.Ordinal);
        Assert.Equal(1, _bodies);
    }

    [Fact]
    public async Task A_cancelled_body_is_undone()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handle = await StartAsync((context, number) => context.TransactionAsync(
            "write",
            number,
            async (transaction, value, token) =>
            {
                await WriteAsync(transaction, value, token);
                begun.TrySetResult();
                await Task.Delay(Timeout.Infinite, token);
                return value;
            },
            new() { Timeout = TimeSpan.FromSeconds(2) }));
        await begun.Task.WaitAsync(Token);

        await handle.CancelAsync(Token); // On a SQLite file it waits for the transaction.

        Assert.Equal(ExecutionState.Cancelled, await handle.WaitAsync(Token));
        Assert.Equal(0, await CountAsync());
    }

    /// <summary>The first try's start is undone with the try, the second's is committed with the result.</summary>
    [Fact]
    public async Task A_start_within_a_body_is_there_once()
    {
        await RunAsync((context, number) => context.TransactionAsync(
            "start",
            number,
            async (transaction, value, token) =>
            {
                await _engine.Client.In(transaction).Workflow<int, int>("started").StartAsync(
                    value, cancellationToken: token);
                await WriteAsync(transaction, value, token);
                return _bodies < 2 ? throw new InvalidOperationException("not yet") : value;
            },
            new() { Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.FromMilliseconds(1) } }));

        var started = await _engine.Client.ListAsync(new() { Workflow = "started" }, Token);
        var execution = Assert.Single(started);
        Assert.Equal(2, await _engine.Client.Execution<int>(execution.Id).ResultAsync(Token));
        Assert.Equal((2, 1), (_bodies, await CountAsync()));
    }

    [Fact]
    public async Task Many_steps_at_once_each_have_one_effect()
    {
        var result = await RunAsync(async (context, _) => (await Task.WhenAll(Enumerable.Range(0, 40).Select(
            number => context.TransactionAsync("write", number, WriteAsync)))).Sum());

        Assert.Equal((1_560, 40), (result, await CountAsync()));
    }

    protected async Task<object?> AskInStepAsync(string question, TransactionOptions? options = null)
    {
        object? answer = null;
        await RunAsync((context, number) => context.TransactionAsync(
            "ask",
            number,
            async (transaction, value, token) =>
            {
                await using var command = transaction.Connection!.CreateCommand();
                command.Transaction = transaction;
                command.CommandText = question;
                answer = await command.ExecuteScalarAsync(token);
                return value;
            },
            options));
        return answer;
    }

    protected abstract void Use(HydraBuilder hydra);

    /// <summary>A source of connections to the engine's database that is not the store's.</summary>
    protected abstract DbDataSource Own();

    /// <summary>One of connections to a database in which there are no tables of the engine's.</summary>
    protected abstract DbDataSource Elsewhere();

    /// <summary>The statement that takes an execution from its owner, as the sweep of a dead one does.</summary>
    protected abstract string Forget(ExecutionId id);

    /// <summary>The statement after which the engine's table takes no bars any more, by a rule named no_bars.</summary>
    protected abstract string RefuseBars { get; }

    /// <summary>The statement that takes it back.</summary>
    protected abstract string AllowBars { get; }

    protected abstract Task DropAsync();

    private Task<HydraEngine> OpenAsync() => HydraEngine.OpenAsync(
        hydra =>
        {
            Use(hydra);
            hydra.AddWorkflow<int, int>("code", (context, number) => _code(context, number));
            hydra.AddWorkflow<int, int>("started", static (_, number) => Task.FromResult(number * 2));
            hydra.AddWorker(worker => worker with { PollInterval = TimeSpan.FromMilliseconds(50) });
        },
        Token);

    private Task<ExecutionHandle<int>> StartAsync(Func<WorkflowContext, int, Task<int>> code)
    {
        _code = code;
        return _engine.Client.Workflow<int, int>("code").StartAsync(1, new() { MaxAttempts = 1 }, Token);
    }

    protected async Task<int> RunAsync(Func<WorkflowContext, int, Task<int>> code) =>
        await (await StartAsync(code)).ResultAsync(Token);

    protected async Task<int> WriteAsync(DbTransaction transaction, int number, CancellationToken token)
    {
        CountBody();
        await ExecuteAsync(transaction, $"INSERT INTO {Table} (number) VALUES ({number})", token);
        return number * 2;
    }

    /// <returns>How many there are now.</returns>
    protected int CountBody() => Interlocked.Increment(ref _bodies);

    protected static async Task ExecuteAsync(DbTransaction transaction, string statement, CancellationToken token)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(token);
    }

    protected static async Task<int> AskAsync(DbTransaction transaction, string question, CancellationToken token)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = question;
        return Convert.ToInt32(await command.ExecuteScalarAsync(token), CultureInfo.InvariantCulture);
    }

    private ValueTask<StepTransaction> BeginAsync(CancellationToken token) =>
        ConnectionTransaction.BeginAsync(_own, IsolationLevel.Unspecified, token);

    private async Task ForgetOwnerAsync(ExecutionId id) => await ExecuteAsync(Forget(id));

    protected async Task ExecuteAsync(string statement)
    {
        await using var connection = await _own.OpenConnectionAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(Token);
    }

    protected Task<int> CountAsync() => AskAsync($"SELECT count(*) FROM {Table}");

    protected async Task<int> AskAsync(string question)
    {
        await using var connection = await _own.OpenConnectionAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = question;
        return Convert.ToInt32(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture);
    }
}
