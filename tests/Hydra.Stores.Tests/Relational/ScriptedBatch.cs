using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>A batch that reads what a few statements answer, after what the test does before.</summary>
internal sealed class ScriptedBatch(SqliteConnection connection, string statements, Action before) : DbBatch
{
    public override int Timeout { get; set; }

    protected override DbBatchCommandCollection DbBatchCommands => throw new NotSupportedException();

    protected override DbConnection? DbConnection { get; set; } = connection;

    protected override DbTransaction? DbTransaction { get; set; }

    public override void Cancel() => throw new NotSupportedException();

    public override int ExecuteNonQuery() => throw new NotSupportedException();

    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override object? ExecuteScalar() => throw new NotSupportedException();

    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override void Prepare() => throw new NotSupportedException();

    public override Task PrepareAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    protected override DbBatchCommand CreateDbBatchCommand() => throw new NotSupportedException();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior)
    {
        before();
        var command = connection.CreateCommand(); // Its reader needs it.
        command.CommandText = statements;
        return command.ExecuteReader(behavior);
    }

    protected override Task<DbDataReader> ExecuteDbDataReaderAsync(
        CommandBehavior behavior, CancellationToken cancellationToken) => throw new NotSupportedException();
}
