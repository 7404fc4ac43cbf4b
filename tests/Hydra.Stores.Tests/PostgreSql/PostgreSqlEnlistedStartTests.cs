using System.Data.Common;
using System.Transactions;
using Hydra.PostgreSql;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Reading;
using Hydra.PostgreSql.Transitions;
using Hydra.Relational;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlEnlistedStartTests : EnlistedStartTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    protected override Type ExpectedType => typeof(NpgsqlTransaction);

    /// <summary>What was sent next would be committed by itself.</summary>
    [Fact]
    public async Task A_scope_that_is_undone_while_the_engine_writes_leaves_nothing()
    {
        var pending = await Client.Workflow<int, int>("other").StartAsync(1, cancellationToken: Token);
        var unknown = ExecutionId.Create(1_700_000_000_000, 1, 1);
        await using var database = new Database(
            null,
            PostgreSqlServer.ConnectionString,
            new PostgreSqlStoreOptions { Schema = _schema },
            "default",
            new DatabaseClock(TimeProvider.System, isDatabase: true));
        var queries = UndoingQueries.Around(new PostgreSqlQueries(database), unknown);
        await using var connection = await ConnectAsync();
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        var transaction = AmbientTransaction.Join(connection, Transaction.Current!);

        var undone = await Assert.ThrowsAsync<StoreException>(
            () => new EnlistedWrites(database, queries, notifies: true).WriteAsync(
                transaction, [Make.Cancel(pending.Id), Make.Cancel(unknown)], Token));

        Assert.Equal(StoreErrorKind.RolledBack, undone.Kind);
        Assert.Equal(ExecutionState.Pending, (await pending.StatusAsync(Token)).State);
    }

    [Fact]
    public async Task An_ambient_transaction_has_savepoints_and_is_committed_by_its_scope_alone()
    {
        await using var connection = await ConnectAsync();
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        var transaction = AmbientTransaction.Join(connection, Transaction.Current!);
        var client = Client.In(connection);

        transaction.Save("mine");
        var undone = (await client.Workflow<int, int>("other").StartAsync(1, cancellationToken: Token)).Id;
        transaction.Rollback("mine");
        transaction.Release("mine");

        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.CancelAsync(undone, Token));
        Assert.Throws<NotSupportedException>(transaction.Commit);
        Assert.Equal(System.Data.IsolationLevel.Serializable, transaction.IsolationLevel);
        Assert.Same(connection, transaction.Connection);

        transaction.Rollback();
        transaction.Rollback();

        Assert.Null(transaction.Connection);
        Assert.Equal(TransactionStatus.Aborted, Transaction.Current!.TransactionInformation.Status);
    }

    protected override void Use(HydraBuilder hydra) =>
        hydra.UsePostgreSql(PostgreSqlServer.ConnectionString, options => options with { Schema = _schema });

    protected override Task<DbConnection> ConnectAsync() => ConnectAsync(PostgreSqlServer.ConnectionString);

    /// <remarks>Nobody can create a database while a pool keeps a connection to this one.</remarks>
    protected override Task<DbConnection> ConnectElsewhereAsync() => ConnectAsync(
        new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            Database = "template1",
            Pooling = false,
        }.ConnectionString);

    protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");

    private static async Task<DbConnection> ConnectAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
