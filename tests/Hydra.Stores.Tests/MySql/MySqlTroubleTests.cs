using System.Globalization;
using Hydra.MySql;
using Hydra.MySql.Connections;
using Hydra.Relational;
using Hydra.Relational.Errors;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>What the store makes of a server that says no, is not there, or goes away.</summary>
public sealed class MySqlTroubleTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20); // A connection that is kept fails the test.

    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";
    private readonly List<MySqlWorkflowStore> _stores = [];
    private MySqlUser? _user;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _user = await MySqlUser.CreateAsync(_prefix.TrimEnd('_'));
        await Open().MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        await _user!.DisposeAsync();
        await MySqlTables.DropAsync(_prefix);
    }

    [Fact]
    public async Task A_row_that_is_locked_for_long_undoes_the_batch_which_may_be_repeated()
    {
        var store = Open(options => options with { LockTimeout = TimeSpan.FromSeconds(1) });
        var start = NewStart();
        await CommitAsync(store, start);
        await using var other = await MySqlServer.ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync(Token);
        await ExecuteAsync(transaction, $"SELECT id FROM {_prefix}executions FOR UPDATE");

        var refused = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(store, Cancel(start.Id)));
        await transaction.RollbackAsync(Token);

        Assert.Equal(StoreErrorKind.RolledBack, refused.Kind);
        Assert.Contains("1205", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.Blocked);
        Assert.Equal(AnswerKind.Ended, (await CommitAsync(store, Cancel(start.Id))).Kind);
    }

    [Fact]
    public async Task A_key_that_waits_for_a_strangers_transaction_holds_no_row()
    {
        var (store, other) = (Open(static options => options with { LockTimeout = options.CommandTimeout }), Open());
        var (running, start) = (NewStart(), NewStart("order-1"));
        await CommitAsync(store, running);
        await using var stranger = await MySqlServer.ConnectAsync();
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await ExecuteAsync(
            transaction,
            $"INSERT INTO {_prefix}start_keys VALUES ({start.Id.Shard}, 'tests', 'order-1', RANDOM_BYTES(16))");

        var waiting = store.CommitAsync(new CommitBatch(SessionId.None, [Cancel(running.Id), start]), Token);
        var waits = stranger.ServerVersion.Contains("MariaDB", StringComparison.OrdinalIgnoreCase)
            ? "SELECT COUNT(*) FROM information_schema.innodb_lock_waits AS w "
                + "JOIN information_schema.innodb_locks AS l ON l.lock_id = w.requested_lock_id "
                + $"WHERE l.lock_table LIKE '%`{_prefix}start_keys`'"
            : "SELECT COUNT(*) FROM performance_schema.data_locks "
                + $"WHERE lock_status = 'WAITING' AND object_name = '{_prefix}start_keys'";
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200)); // More often MariaDB would not look anew.
        while (!waiting.IsCompleted && 0L.Equals(await MySqlServer.AskAsync(waits)))
        {
            await pace.WaitForNextTickAsync(Token);
        }

        var ended = await CommitAsync(other, Cancel(running.Id));
        await transaction.RollbackAsync(Token);

        Assert.Equal(AnswerKind.Ended, ended.Kind);
        Assert.Equal(
            [AnswerKind.AlreadyEnded, AnswerKind.Started], (await waiting).Answers.Select(answer => answer.Kind));
    }

    [Fact]
    public async Task Connections_that_were_cut_are_replaced_and_nothing_is_lost()
    {
        var store = _stores[0];
        var start = NewStart();
        await CommitAsync(store, start);
        Assert.NotEqual(0, await _user!.TerminateConnectionsAsync());

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
    public async Task A_start_that_is_repeated_when_its_execution_has_ended_starts_nothing()
    {
        var start = NewStart();
        await CommitAsync(_stores[0], start);
        await CommitAsync(_stores[0], Cancel(start.Id));

        var again = await CommitAsync(_stores[0], start);

        Assert.Equal((AnswerKind.Started, ExecutionState.Cancelled), (again.Kind, again.State));
        Assert.Equal(0L, await MySqlServer.AskAsync($"SELECT COUNT(*) FROM {_prefix}executions"));
        Assert.Equal(1L, await MySqlServer.AskAsync($"SELECT COUNT(*) FROM {_prefix}outcomes"));
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
        Assert.NotEqual(0, await _user!.TerminateConnectionsAsync());

        var beat = await _stores[0].HeartbeatAsync(session.Id, [], Token);

        Assert.False(beat.Lost);
    }

    /// <summary>An index over a large table takes longer than anything of the engine's may.</summary>
    [Fact]
    public async Task A_step_of_a_migration_may_take_longer_than_a_statement_of_the_engine()
    {
        var options = new MySqlStoreOptions
        {
            TablePrefix = _prefix,
            LockTimeout = TimeSpan.FromMilliseconds(900),
            CommandTimeout = TimeSpan.FromSeconds(1),
        };
        await using var database = new Database(
            _user!.ConnectionString, options, "tests", new DatabaseClock(TimeProvider.System, true));
        await using var connection = await database.OpenMigratingAsync();
        await using var step = new MySqlCommand("SELECT SLEEP(1.2)", connection);

        Assert.Equal(0L, Convert.ToInt64(await step.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture));
    }

    /// <summary>What was sent to be committed at once is still open when a statement in front has failed.</summary>
    [Fact]
    public async Task Who_stands_still_behind_a_commit_that_was_not_reached_keeps_no_locks()
    {
        await using var database = new Database(
            _user!.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests",
            new DatabaseClock(TimeProvider.System, true));

        var error = await Assert.ThrowsAsync<StoreException>(() => database.RunAsync(async exchange =>
        {
            exchange.Begin();
            exchange.Add($"SELECT version FROM {_prefix}schema_versions FOR UPDATE");
            exchange.Add("SELECT 18446744073709551615 + 1");
            exchange.Commit();
            await Assert.ThrowsAsync<MySqlException>(async () =>
            {
                await exchange.SendAsync(Token);
                await exchange.ReadAsync(static row => 0, Token);
                await exchange.ReadAsync(static row => 0, Token);
            });
            await exchange.GoOnAsync();
            await EndAsync(await _user.ListConnectionsAsync());
            exchange.Add($"SELECT version FROM {_prefix}schema_versions");
            await exchange.SendAsync(Token);
            return await exchange.ReadAsync(static row => 0, Token);
        }, Token));

        Assert.NotEqual(StoreErrorKind.Deterministic, error.Kind);
    }

    [Fact]
    public async Task A_server_that_takes_no_writes_any_more_keeps_no_connection()
    {
        await CommitAsync(_stores[0], NewStart());
        var before = await _user!.ListConnectionsAsync();
        await MySqlServer.ExecuteAsync(
            $"CREATE TRIGGER {_prefix}demoted BEFORE INSERT ON {_prefix}executions FOR EACH ROW "
            + "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290");

        var demoted = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(_stores[0], NewStart()));
        await MySqlServer.ExecuteAsync($"DROP TRIGGER {_prefix}demoted");
        await CommitAsync(_stores[0], NewStart());

        Assert.Equal(StoreErrorKind.Unavailable, demoted.Kind);
        Assert.NotEmpty(before);
        await EndAsync(before);
    }

    /// <summary>A session may have wsrep_on off, which makes the server no less a node of its cluster.</summary>
    [Fact]
    public async Task A_server_is_asked_whether_it_is_in_a_cluster_by_the_names_that_it_has()
    {
        await using var connection = await MySqlServer.ConnectAsync();
        await using var command = new MySqlCommand(ServerVariables.Statement, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);

        var (session, global) = (await ReadAsync(reader), await ReadAsync(reader));

        Assert.Contains("binlog_format", session);
        Assert.Equal(
            ServerKind.SaysMariaDb(connection.ServerVersion) ? ["wsrep_on", "wsrep_provider"] : [],
            session.Where(static name => name.StartsWith("wsrep", StringComparison.Ordinal)).Order());
        Assert.Equal(ServerKind.SaysMariaDb(connection.ServerVersion) ? ["wsrep_on"] : [], global);

        static async Task<List<string>> ReadAsync(MySqlDataReader reader)
        {
            var names = new List<string>();
            while (await reader.ReadAsync(Token))
            {
                names.Add(reader.GetString(0));
            }

            await reader.NextResultAsync(Token);
            return names;
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_has_been_sent_nothing()
    {
        await using var store = new MySqlWorkflowStore(
            "Server=127.0.0.1;Port=1;User ID=hydra;Database=hydra", new MySqlStoreOptions(), "tests");

        var error = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(store, NewStart()));

        Assert.Equal(StoreErrorKind.NotSent, error.Kind);
    }

    [Fact]
    public async Task A_database_that_is_not_there_needs_help()
    {
        var builder = new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { Database = "nowhere" };
        await using var store = new MySqlWorkflowStore(builder.ConnectionString, new MySqlStoreOptions(), "tests");

        var error = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(store, NewStart()));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("1049", error.Message, StringComparison.Ordinal);
    }

    /// <summary>As behind a proxy that announces MySQL's version for MariaDB, or MariaDB's for MySQL.</summary>
    [Fact]
    public async Task A_server_that_does_not_know_a_setting_is_not_what_it_was_said_to_be()
    {
        var unknown = await Assert.ThrowsAsync<MySqlException>(
            () => MySqlServer.ExecuteAsync("SET SESSION hydra_unknown = 1"));

        var error = new MySqlErrors(_prefix).Translate(unknown, Effect.None);

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("announce the version of the server", error.Message, StringComparison.Ordinal);
    }

    /// <summary>As over a connection of a user's own.</summary>
    [Fact]
    public async Task A_limit_of_what_a_connection_may_look_at_waits_for_help()
    {
        var refused = await Assert.ThrowsAsync<MySqlException>(() => MySqlServer.ExecuteAsync(
            "SET SESSION max_join_size = 1, sql_big_selects = 0; "
            + "SELECT COUNT(*) FROM information_schema.columns AS a, information_schema.columns AS b"));

        var error = new MySqlErrors(_prefix).Translate(refused, Effect.Undone);

        Assert.Equal(1104, refused.Number);
        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
    }

    /// <summary>Their hexadecimal digits would be twice as many as the server takes.</summary>
    [Fact]
    public async Task A_fork_of_many_small_entries_takes_little_more_room_than_they_have_bytes()
    {
        var start = NewStart();
        start = start with
        {
            Prefix =
            [
                .. Enumerable.Range(1, 12_000).Select(seq => start.Input with
                {
                    Seq = seq,
                    Kind = EntryKind.Step,
                    Key = $"step#{seq}",
                    Output = Make.Text(new string('x', 900)),
                }),
            ],
        };

        var answer = await CommitAsync(_stores[0], start);

        Assert.Equal(AnswerKind.Started, answer.Kind);
    }

    [Theory]
    [InlineData((byte)'x', 100)]
    [InlineData(0, 60)] // The driver escapes them.
    [InlineData((byte)'\'', 60)]
    [InlineData((byte)'\\', 60)]
    public async Task More_than_the_server_takes_at_once_is_not_sent(byte value, int percent)
    {
        var limit = Convert.ToInt32(
            await MySqlServer.AskAsync("SELECT @@max_allowed_packet"), CultureInfo.InvariantCulture);
        var start = NewStart();
        var bytes = new byte[(int)(limit * (long)percent / 100)];
        Array.Fill(bytes, value);
        start = start with { Input = start.Input with { Input = Payload.Create(bytes) } };

        var error = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(_stores[0], start));

        Assert.Equal(StoreErrorKind.Deterministic, error.Kind);
        Assert.Contains("max_allowed_packet", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Waits until the server has seen that some connections were closed.</summary>
    private async Task EndAsync(List<ulong> connections)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(Patience);
        while (connections.Intersect(await _user!.ListConnectionsAsync()).Any())
        {
            late.Token.ThrowIfCancellationRequested();
        }
    }

    private static StartOperation NewStart(string? key = null)
    {
        var shard = key is null ? (byte)Random.Shared.Next(256) : ExecutionId.ShardOf("tests", key);
        var id = ExecutionId.Create(1_800_000_000_000, (ulong)Random.Shared.NextInt64(), shard);
        return Make.Start(id) with { Key = key };
    }

    private static CancelOperation Cancel(ExecutionId id) => new() { Id = id, Failure = Payload.Create("{}"u8) };

    private static async Task<OperationAnswer> CommitAsync(IWorkflowStore store, StoreOperation operation) =>
        (await store.CommitAsync(new CommitBatch(SessionId.None, [operation]), Token)).Answers[0];

    private static async Task ExecuteAsync(MySqlTransaction transaction, string statement)
    {
        await using var command = new MySqlCommand(statement, transaction.Connection, transaction);
        await command.ExecuteScalarAsync(Token);
    }

    private MySqlWorkflowStore Open(Func<MySqlStoreOptions, MySqlStoreOptions>? change = null)
    {
        var options = new MySqlStoreOptions { TablePrefix = _prefix };
        _stores.Add(new MySqlWorkflowStore(
            _user!.ConnectionString, change?.Invoke(options) ?? options, "tests"));
        return _stores[^1];
    }
}
