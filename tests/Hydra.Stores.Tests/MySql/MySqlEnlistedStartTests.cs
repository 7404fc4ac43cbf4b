using System.Data.Common;
using System.Text.RegularExpressions;
using System.Transactions;
using Hydra.MySql;
using Hydra.MySql.Connections;
using Hydra.MySql.Reading;
using Hydra.MySql.Transitions;
using Hydra.Relational;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlEnlistedStartTests : EnlistedStartTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    protected override Type ExpectedType => typeof(MySqlTransaction);

    [Fact]
    public async Task A_connection_without_variables_of_the_session_is_refused()
    {
        await using var engine = await HydraEngine.OpenAsync(Use, Token);
        await using var connection = await ConnectAsync(changed => changed.AllowUserVariables = false);
        await using var transaction = await connection.BeginTransactionAsync(Token);

        var refused = await Assert.ThrowsAsync<ArgumentException>(
            () => engine.Client.In(transaction).Workflow<int, int>("double").StartAsync(1, cancellationToken: Token));

        Assert.Contains("AllowUserVariables=true", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>All that bear the name of a parameter or a variable of the engine's, without its prefix.</summary>
    [Fact]
    public async Task Variables_of_the_session_stay_as_the_user_has_set_them()
    {
        var names = MySqlStatementTests.Statements.Values
            .SelectMany(static statement => Regex.Matches(statement, @"(?<!@)@(?:hydra_)?(?<name>\w+)"))
            .Select(static named => $"@{named.Groups["name"].Value}")
            .ToHashSet();
        await using var engine = await HydraEngine.OpenAsync(Use, Token);
        var pending = await engine.Client.Workflow<int, int>("other").StartAsync(1, cancellationToken: Token);
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"SET {string.Join(", ", names.Select(static name => $"{name} = 'mine'"))}";
        await command.ExecuteNonQueryAsync(Token);
        var client = engine.Client.In(transaction);

        await client.Workflow<int, int>("other").StartAsync(2, cancellationToken: Token);
        await client.Workflow<int, int>("other").StartAsync(3, new() { Key = "three" }, Token);
        await client.CancelAsync(pending.Id, Token);

        command.CommandText = $"SELECT {string.Join(", ", names)}";
        await using var reader = await command.ExecuteReaderAsync(Token);
        await reader.ReadAsync(Token);
        Assert.Contains("@now", names);
        Assert.All(names.Index(), named => Assert.Equal((named.Item, "mine"), (named.Item, reader[named.Index])));
    }

    /// <summary>As the guide advises: a commit in one phase, behind which nothing prepared is left.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_scope_over_a_connection_without_XA_commits_what_was_started_in_it_or_nothing(bool completes)
    {
        await using var engine = await HydraEngine.OpenAsync(Use, Token);
        await using var connection = await ConnectAsync(static changed => changed.UseXaTransactions = false);
        ExecutionHandle<int> handle;
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            handle = await engine.Client.In(connection).Workflow<int, int>("other").StartAsync(
                1, cancellationToken: Token);
            if (completes)
            {
                scope.Complete();
            }
        }

        if (completes)
        {
            await handle.DescribeAsync(Token);
        }
        else
        {
            await Assert.ThrowsAsync<ExecutionNotFoundException>(() => handle.DescribeAsync(Token));
        }
    }

    /// <summary>At that level the server locks what a transaction reads, and the gap where it finds nothing.</summary>
    [Fact]
    public async Task What_a_serializable_transaction_asks_the_engine_keeps_no_other_start_waiting()
    {
        var tables = ((HydraClient)Client).Store.Transactions!.StartTables!;
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.Serializable, Token);
        var workflow = Client.In(transaction).Workflow<int, int>("other");
        var own = await workflow.StartAsync(1, new() { Key = "own" }, Token);

        Assert.Equal(own.Id, (await tables.FindByKeyAsync(connection, transaction, "own", Token))?.Id);
        Assert.Null(await tables.FindByKeyAsync(connection, transaction, "free", Token));
        Assert.Equal(own.Id, (await workflow.StartAsync(1, new() { Key = "own" }, Token)).Id);
        for (var i = 0; i < 200; i++) // Of every shard some.
        {
            await Client.Workflow<int, int>("other").StartAsync(i, new() { Key = $"other-{i}" }, Token);
        }

        var free = await Client.Workflow<int, int>("other").StartAsync(2, new() { Key = "free" }, Token);
        Assert.Equal(free.Id, (await workflow.StartAsync(2, new() { Key = "free" }, Token)).Id);
        await transaction.CommitAsync(Token);
    }

    /// <summary>The server undoes all of it, and what came next would be committed statement by statement.</summary>
    [Fact]
    public async Task A_transaction_that_a_deadlock_has_ended_takes_nothing_more_and_cannot_be_committed()
    {
        await using var engine = await HydraEngine.OpenAsync(Use, Token);
        var workflow = engine.Client.Workflow<int, int>("other");
        var (one, two) = (await workflow.StartAsync(1, cancellationToken: Token),
            await workflow.StartAsync(2, cancellationToken: Token));
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var client = engine.Client.In(transaction);
        await client.CancelAsync(one.Id, Token);

        await using var heavy = await MySqlServer.ConnectAsync(); // The server ends whoever has written less.
        await using var other = await heavy.BeginTransactionAsync(Token);
        var ids = string.Join(',', Enumerable.Range(0, 500).Select(number => $"(0, 'x', '{number}', REPEAT('x', 16))"));
        await ExecuteAsync($"INSERT INTO {_prefix}start_keys (shard, namespace, `key`, execution) VALUES {ids}");
        await ExecuteAsync(Lock(two.Id));
        var waiting = ExecuteAsync(Lock(one.Id));

        var undone = await Assert.ThrowsAsync<StoreException>(() => client.CancelAsync(two.Id, Token));
        await waiting;
        await other.RollbackAsync(Token);

        Assert.Equal(StoreErrorKind.RolledBack, undone.Kind);
        Assert.Contains("has undone the whole transaction", undone.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(
            () => client.Workflow<int, int>("other").StartAsync(3, new() { Key = "three" }, Token));
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => transaction.CommitAsync(Token));
        Assert.Equal(ExecutionState.Pending, (await one.StatusAsync(Token)).State);
        var free = await workflow.StartAsync(4, new() { Key = "three" }, Token);
        Assert.Equal(ExecutionState.Pending, (await free.StatusAsync(Token)).State);

        string Lock(ExecutionId id) =>
            $"SELECT 1 FROM {_prefix}executions WHERE id = UNHEX('{Convert.ToHexString(id.ToByteArray())}') "
            + $"AND shard = {id.Shard} AND namespace = 'default' FOR UPDATE";

        async Task ExecuteAsync(string statement)
        {
            await using var command = new MySqlCommand(statement, heavy, other);
            await command.ExecuteNonQueryAsync(Token);
        }
    }

    [Fact]
    public async Task A_connection_with_an_open_reader_is_told_to_close_it()
    {
        await using var engine = await HydraEngine.OpenAsync(Use, Token);
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1 UNION ALL SELECT 2";
        command.Transaction = transaction;
        await using var reader = await command.ExecuteReaderAsync(Token);

        var busy = await Assert.ThrowsAsync<ArgumentException>(
            () => engine.Client.In(transaction).Workflow<int, int>("other").StartAsync(1, cancellationToken: Token));

        Assert.Contains("Close its reader", busy.Message, StringComparison.Ordinal);
    }

    /// <summary>What was sent next would be committed by itself.</summary>
    [Fact]
    public async Task A_scope_that_is_undone_while_the_engine_writes_leaves_nothing()
    {
        var other = Client.Workflow<int, int>("other");
        var pending = await other.StartAsync(1, cancellationToken: Token);
        await using var connection = await ConnectAsync();
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        var transaction = AmbientTransaction.Join(connection, Transaction.Current!);
        await using (var look = connection.CreateCommand())
        {
            look.CommandText = $"SELECT count(*) FROM {_prefix}executions"; // The snapshot is taken here.
            await look.ExecuteScalarAsync(Token);
        }

        // The store looks for who has the key, whom the snapshot does not show, before it writes.
        var holder = await other.StartAsync(2, new() { Key = "two" }, Token);
        await using var database = new Database(
            MySqlServer.ConnectionString,
            new MySqlStoreOptions { TablePrefix = _prefix },
            "default",
            new DatabaseClock(TimeProvider.System, isDatabase: true));
        var queries = UndoingQueries.Around(new MySqlQueries(database), holder.Id);
        var start = Make.Start(
            ExecutionId.Create(1_800_000_000_000, 1, ExecutionId.ShardOf("default", "two")), "two");

        var undone = await Assert.ThrowsAsync<StoreException>(() => new EnlistedWrites(database, queries).WriteAsync(
            transaction, [Make.Cancel(pending.Id), start], Token));

        Assert.Equal(StoreErrorKind.RolledBack, undone.Kind);
        Assert.Equal(ExecutionState.Pending, (await pending.StatusAsync(Token)).State);
    }

    /// <summary>However the user's own connection is set up.</summary>
    [Fact]
    public async Task Settings_of_the_connection_make_no_difference()
    {
        await using var engine = await HydraEngine.OpenAsync(Use, Token);
        await using var connection = await ConnectAsync(static changed =>
        {
            changed.GuidFormat = MySqlGuidFormat.Binary16;
            changed.TreatTinyAsBoolean = true;
            changed.UseAffectedRows = true;
        });
        await using (var set = connection.CreateCommand())
        {
            set.CommandText = "SET SESSION sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'";
            await set.ExecuteNonQueryAsync(Token);
        }

        await using var transaction = await connection.BeginTransactionAsync(Token);
        var client = engine.Client.In(transaction);
        var workflow = client.Workflow<string, int>("other");

        var one = await workflow.StartAsync("it's \\ \"one\"", new() { Key = "it's \\ \"one\"" }, Token);
        var same = await workflow.StartAsync("it's \\ \"one\"", new() { Key = "it's \\ \"one\"" }, Token);
        Assert.Equal(CancelOutcome.Cancelled, await client.CancelAsync(one.Id, Token));
        await transaction.CommitAsync(Token);

        Assert.Equal(one.Id, same.Id);
        var ended = await one.DescribeAsync(Token);
        Assert.Equal((ExecutionState.Cancelled, "it's \\ \"one\""), (ended.Row.State, ended.Row.Key));
    }

    protected override void Use(HydraBuilder hydra) =>
        hydra.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix });

    protected override Task<DbConnection> ConnectAsync() => ConnectAsync(static _ => { });

    protected override Task<DbConnection> ConnectElsewhereAsync() =>
        ConnectAsync(static changed => changed.Database = "mysql");

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);

    private static async Task<DbConnection> ConnectAsync(Action<MySqlConnectionStringBuilder> change)
    {
        var builder = new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { AllowUserVariables = true };
        change(builder);
        var connection = new MySqlConnection(builder.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
