using System.Data;
using System.Data.Common;
using Hydra.Storage;
using Hydra.Tests.Servers;

namespace Hydra.Stores.Tests;

/// <summary>
/// The same on a server: connections are lost while a driver awaits the answer to its COMMIT, and transactions get into
/// each other's way.
/// </summary>
public abstract class ServerTransactionStepTests : TransactionStepTests
{
    private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _commits; // Of bodies, over the proxy.
    private int _arrived;

    /// <summary>Nobody but the server can tell whether it has taken effect or never arrived.</summary>
    [Theory]
    [InlineData("the engine's", true)]
    [InlineData("the engine's", false)]
    [InlineData("a data source", true)]
    [InlineData("a data source", false)]
    public async Task A_commit_during_which_the_connection_is_cut_has_one_effect(string whose, bool arrives)
    {
        await using var proxy = StartProxy(Fate.Cut, arrives);

        var details = await RunOverAsync(proxy.ConnectionString, whose);

        AssertOneEffect(details);
        var tries = arrives ? 1 : 2;
        Assert.Equal((tries, tries, 1), (_commits, Bodies, await CountAsync()));
    }

    /// <summary>The connection is there and nothing comes. A COMMIT that is lost leaves its transaction open.</summary>
    [Theory]
    [InlineData("the engine's", true)]
    [InlineData("the engine's", false)]
    [InlineData("a data source", true)]
    public async Task A_commit_that_is_never_answered_has_one_effect(string whose, bool arrives)
    {
        await using var proxy = StartProxy(Fate.Swallow, arrives);

        var details = await RunOverAsync(WithLittlePatience(proxy.ConnectionString), whose);

        AssertOneEffect(details);
        Assert.Equal(1, await CountAsync());
        Assert.True(_commits > 0);
    }

    [Fact]
    public async Task A_body_that_a_deadlock_has_undone_begins_anew()
    {
        await using var rows = await CreateRowsAsync();

        var result = await RunBothAsync(IsolationLevel.Unspecified, async (transaction, own, token) =>
        {
            var isAnew = CountBody() > 2;
            var (first, second) = isAnew ? (3 - own, own) : (own, 3 - own); // The other one has its own row by now.
            await AddAsync(transaction, first, token);
            await (isAnew ? Task.CompletedTask : MeetAsync(token));
            await AddAsync(transaction, second, token);
            return own;
        });

        Assert.Equal((3, 3), (result, Bodies));
        Assert.Equal(4, await AskAsync($"SELECT sum(value) FROM {Rows}"));
    }

    /// <summary>On PostgreSQL a conflict that no lock shows; on MySQL, which locks what is read, a deadlock.</summary>
    [Fact]
    public async Task A_body_that_cannot_be_serialized_begins_anew()
    {
        await using var rows = await CreateRowsAsync();

        var result = await RunBothAsync(IsolationLevel.Serializable, async (transaction, own, token) =>
        {
            var isAnew = CountBody() > 2;
            var sum = await AskAsync(transaction, $"SELECT sum(value) FROM {Rows}", token);
            await (isAnew ? Task.CompletedTask : MeetAsync(token));
            await ExecuteAsync(transaction, $"UPDATE {Rows} SET value = {sum + 1} WHERE id = {own}", token);
            return sum;
        });

        Assert.Equal(1, result); // One has seen nothing, and the other what that has written.
        Assert.Equal(3, await AskAsync($"SELECT sum(value) FROM {Rows}"));
        Assert.True(Bodies > 2, $"{Bodies} bodies");
    }

    [Fact]
    public async Task A_body_that_has_waited_too_long_for_a_lock_begins_anew()
    {
        await using var rows = await CreateRowsAsync();
        await using var hasty = SourceOfHasty();
        await using var direct = Own();
        await using var stranger = await direct.OpenConnectionAsync(Token);
        await using var hold = await stranger.BeginTransactionAsync(Token);
        await AddAsync(hold, 1, Token);

        var result = await RunAsync((context, number) => context.TransactionAsync(
            "write",
            number,
            async (transaction, row, token) =>
            {
                await (CountBody() > 1 ? hold.RollbackAsync(token) : Task.CompletedTask);
                await AddAsync(transaction, row, token);
                return row;
            },
            Once with { DataSource = hasty }));

        Assert.Equal((1, 2), (result, Bodies));
        Assert.Equal(1, await AskAsync($"SELECT sum(value) FROM {Rows}"));
    }

    /// <summary>The server, without a proxy.</summary>
    protected abstract string Direct { get; }

    private string Rows => $"{Table}_rows";

    protected sealed override void Use(HydraBuilder hydra) => Use(hydra, Direct);

    protected sealed override DbDataSource Own() => SourceOf(Direct);

    protected abstract void Use(HydraBuilder hydra, string connectionString);

    protected abstract DbDataSource SourceOf(string connectionString);

    /// <summary>A source of connections that wait for a lock for a second at most.</summary>
    protected abstract DbDataSource SourceOfHasty();

    /// <summary>Lets a driver wait for an answer for two seconds.</summary>
    protected abstract string WithLittlePatience(string connectionString);

    /// <summary>Makes a proxy that judges only connections over which a text was executed.</summary>
    private protected abstract CuttingProxy CreateProxy(string after);

    /// <summary>Loses the first commit of a body: its answer, once it has taken effect, or itself.</summary>
    private CuttingProxy StartProxy(Fate fate, bool arrives)
    {
        var proxy = CreateProxy(after: Table);
        Fate Judge(string text) => proxy.Commits(text) && Interlocked.Increment(ref _commits) == 1 ? fate : Fate.Pass;
        if (arrives)
        {
            proxy.OnComplete = Judge;
        }
        else
        {
            proxy.OnExecute = Judge;
        }

        proxy.Start();
        return proxy;
    }

    /// <summary>Runs a transactional step of the plain form, and reads what the engine knows of it.</summary>
    private async Task<ExecutionDetails> RunOverAsync(string connectionString, string whose)
    {
        await using var source = SourceOf(connectionString);
        var options = new TransactionOptions
        {
            DataSource = whose == "a data source" ? source : null,
            Timeout = TimeSpan.FromSeconds(5),
            Retry = new() { MaxAttempts = 5, Backoff = TimeSpan.FromMilliseconds(1) },
        };
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Use(hydra, connectionString);
                hydra.AddWorkflow<int, int>(
                    "cut", (context, number) => context.TransactionAsync("write", number, WriteAsync, options));
                hydra.AddWorker(worker => worker with { PollInterval = TimeSpan.FromMilliseconds(50) });
            },
            Token);
        var handle = await engine.Client.Workflow<int, int>("cut").StartAsync(1, new() { MaxAttempts = 1 }, Token);
        Assert.Equal(2, await handle.ResultAsync(Token));
        return await handle.DescribeAsync(Token);
    }

    private static void AssertOneEffect(ExecutionDetails details)
    {
        Assert.False(Assert.Single(details.Journal, static entry => entry.Kind == EntryKind.Step).Failed);
        Assert.Single(details.Tries, static one => one is { Phase: TryPhase.Landed, Failure.IsNone: true });
    }

    /// <summary>Runs a body twice at once, for row 1 and for row 2.</summary>
    /// <returns>The sum of what they answer.</returns>
    private Task<int> RunBothAsync(
        IsolationLevel isolation, Func<DbTransaction, int, CancellationToken, Task<int>> body) =>
        RunAsync(async (context, _) =>
        {
            var options = Once with { Isolation = isolation };
            var results = await Task.WhenAll(
                context.TransactionAsync("one", 1, body, options), context.TransactionAsync("two", 2, body, options));
            return results.Sum();
        });

    /// <summary>Waits until two bodies are here.</summary>
    private Task MeetAsync(CancellationToken token)
    {
        if (Interlocked.Increment(ref _arrived) == 2)
        {
            _met.SetResult();
        }

        return _met.Task.WaitAsync(token);
    }

    private Task AddAsync(DbTransaction transaction, int row, CancellationToken token) =>
        ExecuteAsync(transaction, $"UPDATE {Rows} SET value = value + 1 WHERE id = {row}", token);

    private async Task<IAsyncDisposable> CreateRowsAsync()
    {
        await ExecuteAsync($"CREATE TABLE {Rows} (id INT NOT NULL PRIMARY KEY, value INT NOT NULL)");
        await ExecuteAsync($"INSERT INTO {Rows} (id, value) VALUES (1, 0), (2, 0)");
        return new Dropping(() => ExecuteAsync($"DROP TABLE {Rows}"));
    }

    private sealed class Dropping(Func<Task> drop) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => new(drop());
    }
}
