using System.Data;
using Hydra.MySql;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>Many who want the same rows, and strangers who hold them.</summary>
public sealed class MySqlContentionTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await MySqlTables.DropAsync(_prefix);

    [Fact]
    public async Task Of_twelve_workers_that_claim_at_once_none_goes_away_empty_while_work_is_due()
    {
        await using var store = Open();
        await store.MigrateAsync(Token);

        output.WriteLine(await new ClaimStorm(Open).RunAsync());

        MySqlWorkflowStore Open() => new(
            MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");
    }

    [Fact]
    public async Task A_stranger_who_holds_one_execution_delays_no_other()
    {
        using var gate = new StepGate();
        await using var hydra = await OpenAsync(gate);
        var held = await gate.StartHeldAsync(hydra, Token);
        await using var stranger = await MySqlServer.ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await HoldAsync(transaction, hydra.Client.Namespace, held.Id);

        var result = await gate.PassWhileHeldAsync(hydra, held, Token);
        await transaction.RollbackAsync(Token);

        Assert.Equal(3, await result);
    }

    [Fact]
    public async Task A_stranger_who_sleeps_on_one_key_delays_nobody_else()
    {
        using var gate = new StepGate();
        await using var hydra = await OpenAsync(gate);
        await using var stranger = await MySqlServer.ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        var shard = ExecutionId.ShardOf(hydra.Client.Namespace, "held");
        await ExecuteAsync(
            transaction,
            $"INSERT INTO {_prefix}start_keys "
            + $"VALUES ({shard}, '{hydra.Client.Namespace}', 'held', RANDOM_BYTES(16))");

        var held = StartAsync("held");
        for (var i = 0; i < 100; i++)
        {
            var handle = await StartAsync(i % 2 == 0 ? null : $"free-{i}");
            Assert.Equal(21, await handle.ResultAsync(Token)); // While the stranger sleeps, or this never ends.
        }

        Assert.False(held.IsCompleted);
        await transaction.RollbackAsync(Token);
        Assert.Equal(21, await (await held).ResultAsync(Token));

        Task<ExecutionHandle<int>> StartAsync(string? key) =>
            hydra.Client.Workflow<int, int>("steps").StartAsync(7, new() { Key = key }, Token);
    }

    /// <summary>Nothing may look for the last one up to it, as the servers do for the greatest part of a key.</summary>
    [Fact]
    public async Task A_stranger_who_holds_one_execution_is_not_waited_for_by_who_commits_the_next_which_is_gone()
    {
        await using var store = new MySqlWorkflowStore(
            MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");
        await store.MigrateAsync(Token);
        var worker = new Worker(store, new SessionRow
        {
            Id = new SessionId(1),
            Worker = "worker",
            Build = "build",
            Workflows = [Make.Workflow],
            HeartbeatInterval = Worker.Interval,
            ClaimTimeout = Worker.ClaimTimeout,
        });
        await store.OpenSessionAsync(worker.Row, Token);
        await worker.CommitAsync(Make.Start(ExecutionId.Create(1_000, 1, 7)));
        var held = await worker.ClaimOneAsync();
        await using var stranger = await MySqlServer.ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await HoldAsync(transaction, "tests", held.Id);

        var gone = held with { Id = ExecutionId.Create(1_001, 1, 7) };
        var answer = await worker.CommitAsync(Make.Finish(gone)); // While it is held, or this is refused.
        await transaction.RollbackAsync(Token);

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1)] // What is held fills a round.
    public async Task A_stranger_who_holds_what_a_dead_worker_left_keeps_nothing_else_of_it(int limit)
    {
        await using var store = new MySqlWorkflowStore(
            MySqlServer.ConnectionString,
            new MySqlStoreOptions { TablePrefix = _prefix, LockTimeout = TimeSpan.FromSeconds(4) },
            "tests");
        await store.MigrateAsync(Token);
        var dead = new DeadOwner(store);
        var (held, free) = await dead.LeaveTwoAsync(Token);
        await MySqlServer.ExecuteAsync($"DELETE FROM {_prefix}sessions WHERE id = {DeadOwner.Session}");
        await using var stranger = await MySqlServer.ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await HoldAsync(transaction, "tests", held);

        var released = await dead.TakeBackAsync(limit);
        await transaction.RollbackAsync(Token);

        Assert.Equal([free], released);
        Assert.Equal([held], await dead.TakeBackAsync());
    }

    /// <summary>The stranger stays, and the store waits for a minute: without the bound this never ends.</summary>
    [Fact]
    public async Task A_batch_that_waits_for_a_moment_only_is_undone_while_a_stranger_stays()
    {
        await using var store = new MySqlWorkflowStore(
            MySqlServer.ConnectionString,
            new MySqlStoreOptions
            {
                TablePrefix = _prefix,
                LockTimeout = TimeSpan.FromMinutes(1),
                CommandTimeout = TimeSpan.FromMinutes(1),
            },
            "tests");
        await store.MigrateAsync(Token);
        var wishes = new BriefWishes(store);
        var id = await wishes.StartAsync(Token);
        await using var stranger = await MySqlServer.ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await HoldAsync(transaction, "tests", id);
        await ExecuteAsync(
            transaction,
            $"INSERT INTO {_prefix}start_keys VALUES ({ExecutionId.ShardOf("tests", BriefWishes.Key)}, 'tests', "
            + $"'{BriefWishes.Key}', RANDOM_BYTES(16))");

        await wishes.AreBlockedAsync(id, Token);
        await transaction.RollbackAsync(Token);

        await wishes.ComeTrueAsync(id, Token);
    }

    /// <summary>A backup, for instance: what has been claimed since then stays in the index of what is owned.</summary>
    [Fact]
    public async Task A_worker_that_stops_under_an_old_snapshot_hands_everything_back()
    {
        await using var store = new MySqlWorkflowStore(
            MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "default");
        await store.MigrateAsync(Token);
        await using var stranger = await MySqlServer.ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(IsolationLevel.RepeatableRead, Token);
        await ExecuteAsync(transaction, $"SELECT COUNT(*) FROM {_prefix}executions");

        await new GracefulStop(builder => builder.UseMySql(
            MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix })).RunAsync(store);

        await transaction.RollbackAsync(Token);
    }

    private Task HoldAsync(MySqlTransaction transaction, string @namespace, ExecutionId id)
    {
        var hexadecimal = id.ToString().Replace("-", "", StringComparison.Ordinal);
        return ExecuteAsync(
            transaction,
            $"""
            SELECT id
            FROM {_prefix}executions
            WHERE shard = {id.Shard} AND namespace = '{@namespace}' AND id = UNHEX('{hexadecimal}')
            FOR UPDATE
            """);
    }

    private Task<HydraEngine> OpenAsync(StepGate gate) => HydraEngine.OpenAsync(
        builder =>
        {
            builder.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix });
            gate.AddTo(builder);
        },
        Token);

    private static async Task ExecuteAsync(MySqlTransaction transaction, string statement)
    {
        await using var command = new MySqlCommand(statement, transaction.Connection, transaction);
        await command.ExecuteScalarAsync(Token);
    }
}
