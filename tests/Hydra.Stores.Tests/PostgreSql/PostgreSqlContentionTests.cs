using System.Data;
using Hydra.PostgreSql;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Many who want the same rows, and strangers who hold them.</summary>
public sealed class PostgreSqlContentionTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_twelve_workers_that_claim_at_once_none_goes_away_empty_while_work_is_due(bool skipLocked)
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = Open(database, skipLocked);
        await store.MigrateAsync(Token);

        output.WriteLine(await new ClaimStorm(() => Open(database, skipLocked), skipLocked).RunAsync());

        Assert.Equal(0, await database.CountDeadlocksAsync());
    }

    [Fact]
    public async Task Twelve_programs_that_start_the_same_new_keys_at_once_meet_no_deadlock()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await database.SetAsync("deadlock_timeout", "10ms"); // Who waits for longer than that looks for one.
        await using var store = Open(database, skipLocked: true);
        await store.MigrateAsync(Token);

        output.WriteLine(await new KeyStorm(() => Open(database, skipLocked: true), Random.Shared.Next()).RunAsync());

        Assert.Equal(0, await database.CountDeadlocksAsync());
    }

    /// <summary>Those hold what the transaction wants next, and wait for what it has.</summary>
    [Fact]
    public async Task A_transaction_of_a_users_over_two_keys_outlives_programs_that_start_both()
    {
        const int Keys = 20;
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var first = await OpenAsync();
        await using var second = await OpenAsync();
        await using var user = await PostgreSqlServer.ConnectAsync(database.ConnectionString);
        for (var round = 0; round < 2; round++)
        {
            var keys = Enumerable.Range(0, Keys).Select(number => $"{round}-{number}")
                .OrderBy(key => ExecutionId.ShardOf(first.Client.Namespace, key)).ToList();
            await using var transaction = await user.BeginTransactionAsync(Token);
            var client = first.Client.In(transaction).Workflow<int, int>("double");
            var last = await client.StartAsync(7, new() { Key = keys[^1] }, Token);

            var started = keys.SelectMany(key => new[] { StartAsync(first, key), StartAsync(second, key) }).ToList();
            await database.WaitForBlockedAsync(2, Token);
            var next = await client.StartAsync(7, new() { Key = keys[0] }, Token);
            await transaction.CommitAsync(Token);

            var ids = (await Task.WhenAll(started)).Select(static handle => handle.Id).ToList();
            Assert.Equal((next.Id, last.Id), (ids[0], ids[^1]));
            Assert.Equal(Keys, ids.Distinct().Count());
        }

        Assert.Equal(0, await database.CountDeadlocksAsync());

        Task<HydraEngine> OpenAsync() => HydraEngine.OpenAsync(
            builder =>
            {
                builder.UsePostgreSql(database.ConnectionString);
                builder.AddWorkflow<int, int>("double", static (_, number) => Task.FromResult(number * 2));
            },
            Token);

        static Task<ExecutionHandle<int>> StartAsync(HydraEngine hydra, string key) =>
            hydra.Client.Workflow<int, int>("double").StartAsync(7, new() { Key = key }, Token);
    }

    /// <summary>A backup, for instance: what has been claimed since then stays in the index of what is owned.</summary>
    [Fact]
    public async Task A_worker_that_stops_under_an_old_snapshot_hands_everything_back()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = new PostgreSqlWorkflowStore(
            database.ConnectionString, new PostgreSqlStoreOptions { Listen = false }, "default");
        await store.MigrateAsync(Token);
        await using var stranger = await PostgreSqlServer.ConnectAsync(database.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(IsolationLevel.RepeatableRead, Token);
        await using var look = new NpgsqlCommand("SELECT count(*) FROM hydra.executions", stranger, transaction);
        await look.ExecuteScalarAsync(Token);

        await new GracefulStop(builder => builder.UsePostgreSql(database.ConnectionString)).RunAsync(store);

        await transaction.RollbackAsync(Token);
    }

    [Fact]
    public async Task A_stranger_who_sleeps_on_one_key_delays_nobody_else()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var hydra = await HydraEngine.OpenAsync(
            builder =>
            {
                builder.UsePostgreSql(database.ConnectionString);
                builder.AddWorkflow<int, int>("double", (context, number) =>
                    context.StepAsync("double", number, static (n, _) => Task.FromResult(n * 2)));
                builder.AddWorker();
            },
            Token);
        var shard = ExecutionId.ShardOf(hydra.Client.Namespace, "held");
        await using var stranger = await PostgreSqlServer.ConnectAsync(database.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await using var insert = new NpgsqlCommand(
            $"""
            INSERT INTO hydra.executions (
              id, epoch, owner, due_at, created_at, retry_backoff, max_attempts, shard, state, priority, namespace,
              workflow, key, input_hash)
            VALUES (gen_random_uuid(), 0, 0, 0, 0, 0, 1, {shard}, 0, 0, '{hydra.Client.Namespace}', 'other', 'held', '')
            """,
            stranger,
            transaction);
        await insert.ExecuteNonQueryAsync(Token);

        var held = StartAsync("held");
        for (var i = 0; i < 100; i++)
        {
            var handle = await StartAsync(i % 2 == 0 ? null : $"free-{i}");
            Assert.Equal(14, await handle.ResultAsync(Token)); // While the stranger sleeps, or this never ends.
        }

        Assert.False(held.IsCompleted);
        await transaction.RollbackAsync(Token);
        Assert.Equal(14, await (await held).ResultAsync(Token));

        Task<ExecutionHandle<int>> StartAsync(string? key) =>
            hydra.Client.Workflow<int, int>("double").StartAsync(7, new() { Key = key }, Token);
    }

    [Fact]
    public async Task A_stranger_who_holds_one_execution_delays_no_other()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        using var gate = new StepGate();
        await using var hydra = await HydraEngine.OpenAsync(
            builder =>
            {
                builder.UsePostgreSql(database.ConnectionString);
                gate.AddTo(builder);
            },
            Token);
        var held = await gate.StartHeldAsync(hydra, Token);
        await using var stranger = await PostgreSqlServer.ConnectAsync(database.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand(
            $"SELECT FROM hydra.executions WHERE id = '{held.Id}' FOR UPDATE", stranger, transaction);
        await hold.ExecuteNonQueryAsync(Token);

        var result = await gate.PassWhileHeldAsync(hydra, held, Token);
        await transaction.RollbackAsync(Token);

        Assert.Equal(3, await result);
    }

    [Theory]
    [InlineData(true, 100)]
    [InlineData(true, 1)] // What is held fills a round.
    [InlineData(false, 100)]
    public async Task A_stranger_who_holds_what_a_dead_worker_left_keeps_nothing_else_of_it(bool skipLocked, int limit)
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = Open(database, skipLocked);
        await store.MigrateAsync(Token);
        var dead = new DeadOwner(store);
        var (held, free) = await dead.LeaveTwoAsync(Token);
        await using var stranger = await PostgreSqlServer.ConnectAsync(database.ConnectionString);
        await using var bury = new NpgsqlCommand(
            $"DELETE FROM hydra.sessions WHERE id = {DeadOwner.Session}", stranger);
        await bury.ExecuteNonQueryAsync(Token);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand(
            $"SELECT FROM hydra.executions WHERE id = '{held}' FOR UPDATE", stranger, transaction);
        await hold.ExecuteNonQueryAsync(Token);

        var released = await dead.TakeBackAsync(limit);
        await transaction.RollbackAsync(Token);

        Assert.Equal([free], released);
        Assert.Equal([held], await dead.TakeBackAsync());
    }

    /// <summary>The stranger stays, and the store waits for a minute: without the bound this never ends.</summary>
    [Fact]
    public async Task A_batch_that_waits_for_a_moment_only_is_undone_while_a_stranger_stays()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = new PostgreSqlWorkflowStore(
            database.ConnectionString,
            new PostgreSqlStoreOptions
            {
                Listen = false,
                LockTimeout = TimeSpan.FromMinutes(1),
                CommandTimeout = TimeSpan.FromMinutes(1),
            },
            "tests");
        await store.MigrateAsync(Token);
        var wishes = new BriefWishes(store);
        var id = await wishes.StartAsync(Token);
        await using var stranger = await PostgreSqlServer.ConnectAsync(database.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand(
            $"UPDATE hydra.executions SET key = '{BriefWishes.Key}' WHERE id = '{id}'", stranger, transaction);
        await hold.ExecuteNonQueryAsync(Token);

        await wishes.AreBlockedAsync(id, Token);
        await transaction.RollbackAsync(Token);

        await wishes.ComeTrueAsync(id, Token);
    }

    private static PostgreSqlWorkflowStore Open(PostgreSqlDatabase database, bool skipLocked) => new(
        database.ConnectionString, new PostgreSqlStoreOptions { Listen = false, SkipLockedRows = skipLocked }, "tests");
}
