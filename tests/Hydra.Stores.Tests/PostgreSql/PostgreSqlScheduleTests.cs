using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlScheduleTests : ScheduleTests, IDisposable
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private NpgsqlConnection? _holder;

    public void Dispose() => _holder?.Dispose();

    private protected override string RefuseBadWorker =>
        $"ALTER TABLE {_schema}.journal ADD CHECK (worker <> 'bad')";

    private protected override IWorkflowStore Open() => new PostgreSqlWorkflowStore(
        PostgreSqlServer.ConnectionString,
        new PostgreSqlStoreOptions { Schema = _schema, Listen = false, LockTimeout = TimeSpan.FromSeconds(1) },
        "tests");

    private protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");

    private protected override Task ExecuteAsync(string statement) => PostgreSqlServer.ExecuteAsync(statement);

    private protected override async Task<DbTransaction?> HoldAsync()
    {
        _holder = await PostgreSqlServer.ConnectAsync();
        var transaction = await _holder.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand($"SELECT name FROM {_schema}.schedules FOR UPDATE", _holder);
        await hold.ExecuteScalarAsync(Token);
        return transaction;
    }
}
