using Hydra.PostgreSql;
using Hydra.PostgreSql.Connections;
using Hydra.Relational.Errors;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>What the store makes of a server that says no, is not there, or goes away.</summary>
public sealed class PostgreSqlTroubleTests : IAsyncLifetime
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly List<PostgreSqlWorkflowStore> _stores = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await Open().MigrateAsync(Token);

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        await ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
    }

    [Fact]
    public async Task A_row_that_is_locked_for_long_undoes_the_batch_which_may_be_repeated()
    {
        var store = Open(options => options with { LockTimeout = TimeSpan.FromSeconds(1) });
        var start = NewStart();
        await CommitAsync(store, start);
        await using var other = await ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand(
            $"SELECT FROM {_schema}.executions FOR NO KEY UPDATE", other, transaction);
        await hold.ExecuteNonQueryAsync(Token);

        var refused = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(store, Cancel(start.Id)));
        await transaction.RollbackAsync(Token);

        Assert.Equal((StoreErrorKind.RolledBack, true), (refused.Kind, refused.Blocked));
        Assert.Equal(AnswerKind.Ended, (await CommitAsync(store, Cancel(start.Id))).Kind);
    }

    [Fact]
    public async Task A_key_that_waits_for_a_strangers_transaction_holds_no_row()
    {
        var (store, other) = (Open(static options => options with { LockTimeout = options.CommandTimeout }), Open());
        var (running, start) = (NewStart(), NewStart("order-1"));
        await CommitAsync(store, running);
        await using var stranger = await ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await using var insert = new NpgsqlCommand(
            $"""
            INSERT INTO {_schema}.executions (
              id, epoch, owner, due_at, created_at, retry_backoff, max_attempts, shard, state, priority, namespace,
              workflow, key, input_hash)
            VALUES (gen_random_uuid(), 0, 0, 0, 0, 0, 1, {start.Id.Shard}, 0, 0, 'tests', 'order', 'order-1', '')
            """,
            stranger,
            transaction);
        await insert.ExecuteNonQueryAsync(Token);

        var batch = new CommitBatch(SessionId.None, [Cancel(running.Id), start]);
        var waiting = store.CommitAsync(batch, Token);
        while (!waiting.IsCompleted && await CountWaitingAsync() == 0)
        {
        }

        var ended = await CommitAsync(other, Cancel(running.Id));
        await transaction.RollbackAsync(Token);

        Assert.Equal(AnswerKind.Ended, ended.Kind);
        var answer = await OrAgainAsync(waiting, () => store.CommitAsync(batch, Token));
        Assert.Equal([AnswerKind.AlreadyEnded, AnswerKind.Started], answer.Answers.Select(one => one.Kind));
    }

    /// <summary>The server would end one of the two after a second, and not always ours.</summary>
    [Fact]
    public async Task A_transaction_that_wants_two_keys_in_the_other_order_is_let_go_on()
    {
        string[] keys = ["a", "b"];
        Array.Sort(keys, static (one, other) =>
            ExecutionId.ShardOf("tests", one).CompareTo(ExecutionId.ShardOf("tests", other)));
        await using var stranger = await ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await InsertAsync(keys[1]);

        var batch = new CommitBatch(SessionId.None, [NewStart(keys[0]), NewStart(keys[1])]);
        var waiting = _stores[0].CommitAsync(batch, Token);
        while (!waiting.IsCompleted && await CountWaitingAsync() == 0)
        {
        }

        await InsertAsync(keys[0]);
        var refused = await Assert.ThrowsAsync<StoreException>(() => waiting);
        await transaction.CommitAsync(Token);

        Assert.Equal((StoreErrorKind.RolledBack, true), (refused.Kind, refused.Blocked));

        async Task InsertAsync(string key)
        {
            await using var insert = new NpgsqlCommand(
                $"""
                INSERT INTO {_schema}.executions (
                  id, epoch, owner, due_at, created_at, retry_backoff, max_attempts, shard, state, priority, namespace,
                  workflow, key, input_hash)
                VALUES (gen_random_uuid(), 0, 0, 0, 0, 0, 1, {ExecutionId.ShardOf("tests", key)}, 0, 0, 'tests',
                        'order', '{key}', '')
                """,
                stranger,
                transaction);
            await insert.ExecuteNonQueryAsync(Token);
        }
    }

    /// <summary>The server ends a transaction that idles only while nobody has asked for its commit.</summary>
    [Fact]
    public void A_transaction_that_the_server_has_ended_for_idling_is_undone_though_the_commit_was_sent()
    {
        var idle = new PostgresException("terminating connection", "FATAL", "FATAL", "25P03");

        var undone = new PostgreSqlErrors(_schema).Translate(idle, Effect.Unknown);

        Assert.Equal(StoreErrorKind.RolledBack, undone.Kind);
        Assert.Equal(TransactionFate.Undone, PostgreSqlErrors.Judge(idle));
    }

    /// <summary>The update that ends an execution is its lock as well, and looks again at what it waited for.</summary>
    [Theory]
    [InlineData("epoch = epoch + 1")]
    [InlineData("owner = 8")]
    public async Task What_is_taken_away_while_its_end_waits_does_not_end(string taken)
    {
        var store = Open(static options => options with { LockTimeout = options.CommandTimeout });
        var worker = new Worker(store, new SessionRow
        {
            Id = new SessionId(7),
            Worker = "worker",
            Build = "build",
            Workflows = ["order"],
            HeartbeatInterval = TimeSpan.FromMinutes(1),
            ClaimTimeout = TimeSpan.FromHours(1),
        });
        await store.OpenSessionAsync(worker.Row, Token);
        await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart(), NewStart()]), Token);
        var rows = (await worker.ClaimAsync()).Executions.Select(execution => execution.Row).ToList();
        await using var stranger = await ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await using var take = new NpgsqlCommand(
            $"UPDATE {_schema}.executions SET {taken} WHERE id = '{rows[1].Id}'", stranger, transaction);
        await take.ExecuteNonQueryAsync(Token);

        var ending = EndAsync();
        while (!ending.IsCompleted && await CountWaitingAsync() == 0)
        {
        }

        await transaction.CommitAsync(Token);

        var answers = await OrAgainAsync(ending, EndAsync);
        Assert.Equal([AnswerKind.Applied, AnswerKind.Fenced], answers.Select(answer => answer.Kind));
        Assert.Equal(ExecutionState.Completed, (await store.Queries.FindAsync(rows[0].Id, Token))?.State);
        Assert.Equal(ExecutionState.Running, (await store.Queries.FindAsync(rows[1].Id, Token))?.State);
        Assert.Single(await store.Queries.ReadJournalAsync(rows[1].Id, -1, 10, Token));

        Task<IReadOnlyList<OperationAnswer>> EndAsync() =>
            worker.CommitAsync(Make.Finish(rows[0]), Make.Finish(rows[1]));
    }

    [Fact]
    public async Task Starts_that_were_committed_beside_one_that_was_not_are_never_said_to_be_undone()
    {
        var (there, passing, fresh) = (NewStart(), NewStart(), NewStart());
        await CommitAsync(_stores[0], there);
        await ExecuteAsync($"""
            CREATE FUNCTION {_schema}.pass_over() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER pass_over BEFORE INSERT ON {_schema}.executions FOR EACH ROW
              WHEN (NEW.id = '{passing.Id}') EXECUTE FUNCTION {_schema}.pass_over()
            """); // As if another had the id until just before it was looked for.
        var batch = new CommitBatch(SessionId.None, [there, passing, fresh]);

        var doubt = await Assert.ThrowsAsync<StoreException>(() => _stores[0].CommitAsync(batch, Token));
        await ExecuteAsync($"DROP TRIGGER pass_over ON {_schema}.executions");
        var answer = await _stores[0].CommitAsync(batch, Token);

        Assert.Equal(StoreErrorKind.InDoubt, doubt.Kind);
        Assert.All(answer.Answers, one => Assert.Equal(AnswerKind.Started, one.Kind));
    }

    [Fact]
    public async Task Connections_that_were_cut_are_replaced_and_nothing_is_lost()
    {
        var store = _stores[0];
        var start = NewStart();
        await CommitAsync(store, start);
        await ExecuteAsync(
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{_schema}'");

        OperationAnswer? answer = null;
        for (var tries = 0; answer is null && tries < 5; tries++)
        {
            try
            {
                answer = await CommitAsync(store, start);
            }
            catch (StoreException exception)
            {
                Assert.Contains(
                    exception.Kind,
                    new[] { StoreErrorKind.NotSent, StoreErrorKind.RolledBack, StoreErrorKind.InDoubt });
            }
        }

        Assert.Equal((AnswerKind.Started, start.Id), (answer?.Kind, answer?.Id));
    }

    [Fact]
    public async Task A_beat_survives_the_loss_of_its_connection()
    {
        var session = new SessionRow
        {
            Id = new SessionId(7),
            Worker = "worker",
            Build = "build",
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = TimeSpan.FromSeconds(15),
        };
        await _stores[0].OpenSessionAsync(session, Token);
        await _stores[0].HeartbeatAsync(session.Id, [], Token);
        await ExecuteAsync(
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{_schema}'");

        var beat = await _stores[0].HeartbeatAsync(session.Id, [], Token);

        Assert.False(beat.Lost);
    }

    /// <summary>The server ends what takes too long by itself: nothing goes on that nobody waits for.</summary>
    [Fact]
    public async Task Whatever_is_asked_ends_on_the_server_when_it_takes_too_long()
    {
        var store = Open(static options => options with
        {
            LockTimeout = TimeSpan.FromMilliseconds(900),
            CommandTimeout = TimeSpan.FromSeconds(1),
        });
        var id = NewStart().Id;
        var maintenance = new MaintenanceRequest
        {
            Session = new SessionId(7),
            Build = "build",
            Limit = 10,
            SuspectAfter = 2,
            QuarantineAfter = 3,
            TimeoutFailure = Payload.Create("{}"u8),
        };
        await using var other = await ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand(
            $"LOCK TABLE {_schema}.executions, {_schema}.attempts", other, transaction);
        await hold.ExecuteNonQueryAsync(Token);

        Task[] asked =
        [
            store.Queries.FindAsync(id, Token),
            store.Queries.CountAsync(10, Token),
            store.Queries.ListAsync(new ExecutionFilter { Limit = 10 }, Token),
            store.ReadLandedAsync(id, "charge", Token),
            store.MaintainAsync(maintenance, Token),
        ];
        var ends = new List<Exception?>();
        foreach (var one in asked)
        {
            ends.Add(await Record.ExceptionAsync(() => one));
        }

        Assert.All(ends, static end => Assert.Matches("57014|55P03", Assert.IsType<StoreException>(end).Message));
        Assert.Equal(0, await CountWaitingAsync());
    }

    [Fact]
    public async Task A_server_that_takes_no_writes_any_more_keeps_no_connection()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = new PostgreSqlWorkflowStore(
            database.ConnectionString, new PostgreSqlStoreOptions { Listen = false }, "tests");
        await store.MigrateAsync(Token);
        await database.SetAsync("default_transaction_read_only", "on");
        var demoted = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(store, NewStart()));
        await database.SetAsync("default_transaction_read_only", "off");

        var answer = await CommitAsync(store, NewStart());

        Assert.Equal((StoreErrorKind.Unavailable, AnswerKind.Started), (demoted.Kind, answer.Kind));
    }

    /// <summary>What it answers may be old, and a process that only reads would notice nothing.</summary>
    [Fact]
    public async Task A_server_that_takes_no_writes_any_more_is_not_read_from()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = new PostgreSqlWorkflowStore(
            database.ConnectionString, new PostgreSqlStoreOptions { Listen = false }, "tests");
        await store.MigrateAsync(Token);
        await database.SetAsync("default_transaction_read_only", "on");
        var demoted = await Assert.ThrowsAsync<StoreException>(
            () => store.Queries.ListAsync(new ExecutionFilter(), Token));
        await database.SetAsync("default_transaction_read_only", "off");

        var answer = await store.Queries.ListAsync(new ExecutionFilter(), Token);

        Assert.Equal(StoreErrorKind.Unavailable, demoted.Kind);
        Assert.Empty(answer);
    }

    /// <summary>As where the connection string names the reader endpoint of a cluster.</summary>
    [Fact]
    public async Task A_server_that_takes_no_writes_is_told_when_the_store_opens()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = new PostgreSqlWorkflowStore(
            database.ConnectionString, new PostgreSqlStoreOptions { Listen = false }, "tests");
        await store.MigrateAsync(Token);
        await database.SetAsync("default_transaction_read_only", "on");

        var error = await Assert.ThrowsAsync<StoreException>(() => store.VerifyAsync(Token));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("Connect to the primary", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_server_says_it_does_not_know_is_in_doubt()
    {
        var unknown = new PostgresException("statement completion unknown", "ERROR", "ERROR", "40003");

        Assert.Equal(
            StoreErrorKind.InDoubt, new PostgreSqlErrors(_schema).Translate(unknown, Effect.Unknown).Kind);
        Assert.Equal(TransactionFate.Unknown, PostgreSqlErrors.Judge(unknown));
    }

    [Fact]
    public async Task A_server_that_is_not_there_has_been_sent_nothing()
    {
        await using var store = new PostgreSqlWorkflowStore(
            "Host=127.0.0.1;Port=1;Username=hydra", new PostgreSqlStoreOptions(), "tests");

        var error = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(store, NewStart()));

        Assert.Equal(StoreErrorKind.NotSent, error.Kind);
    }

    [Fact]
    public async Task A_database_that_is_not_there_needs_help()
    {
        var builder = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { Database = "nowhere" };
        await using var store = new PostgreSqlWorkflowStore(
            builder.ConnectionString, new PostgreSqlStoreOptions(), "tests");

        var error = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(store, NewStart()));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("3D000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_of_a_later_library_says_whether_this_one_may_work()
    {
        await ExecuteAsync($"INSERT INTO {_schema}.schema_versions VALUES (98, 1, 0)");
        await _stores[0].VerifyAsync(Token);
        await _stores[0].MigrateAsync(Token);
        await ExecuteAsync($"INSERT INTO {_schema}.schema_versions VALUES (99, 99, 0)");

        var error = await Assert.ThrowsAsync<StoreException>(() => _stores[0].VerifyAsync(Token));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("Update Hydra.PostgreSql", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pg_hydra")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("a\ud800")]
    [InlineData("a2345678901234567890123456789012345678901234567890")]
    [InlineData("größegrößegrößegrößegrößegrößegrößea")] // 36 characters, 50 bytes.
    public void A_schema_has_a_name_that_the_server_takes_as_it_stands(string schema)
    {
        var options = new PostgreSqlStoreOptions { Schema = schema };

        var error = Assert.Throws<ArgumentException>(
            () => new PostgreSqlWorkflowStore("Host=host", options, "tests"));

        Assert.Contains("Schema", error.Message, StringComparison.Ordinal);
    }

    /// <summary>On a busy machine a batch of several may have given up before it was let go on.</summary>
    private static async Task<T> OrAgainAsync<T>(Task<T> first, Func<Task<T>> again)
    {
        try
        {
            return await first;
        }
        catch (StoreException exception) when (exception.Blocked)
        {
            return await again();
        }
    }

    private static StartOperation NewStart(string? key = null)
    {
        var shard = key is null ? (byte)Random.Shared.Next(256) : ExecutionId.ShardOf("tests", key);
        var random = (ulong)Random.Shared.NextInt64();
        var id = ExecutionId.Create(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), random, shard);
        return new StartOperation
        {
            Id = id,
            Workflow = "order",
            Key = key,
            InputHash = "",
            Input = new JournalEntry { Seq = 0, Kind = EntryKind.Input, At = default, Epoch = 0 },
            MaxAttempts = 3,
            RetryBackoff = TimeSpan.FromSeconds(1),
        };
    }

    private static CancelOperation Cancel(ExecutionId id) => new() { Id = id, Failure = Payload.Create("{}"u8) };

    private static async Task<OperationAnswer> CommitAsync(IWorkflowStore store, StoreOperation operation) =>
        (await store.CommitAsync(new CommitBatch(SessionId.None, [operation]), Token)).Answers[0];

    private static async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync(Token);
        return connection;
    }

    private static async Task ExecuteAsync(string statement)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task<long> CountWaitingAsync()
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(
            $"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{_schema}' AND wait_event_type = 'Lock'",
            connection);
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    private PostgreSqlWorkflowStore Open(Func<PostgreSqlStoreOptions, PostgreSqlStoreOptions>? change = null)
    {
        var options = new PostgreSqlStoreOptions { Schema = _schema, Listen = false };
        _stores.Add(new PostgreSqlWorkflowStore(
            $"{PostgreSqlServer.ConnectionString};Application Name={_schema}",
            change?.Invoke(options) ?? options,
            "tests"));
        return _stores[^1];
    }
}
