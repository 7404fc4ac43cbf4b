using System.Data.Common;
using Hydra.MySql;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlScheduleTests : ScheduleTests, IDisposable
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";
    private MySqlConnection? _holder;

    public void Dispose() => _holder?.Dispose();

    private protected override string RefuseBadWorker => $"ALTER TABLE {_prefix}journal ADD CHECK (worker <> 'bad')";

    private protected override IWorkflowStore Open() => new MySqlWorkflowStore(
        MySqlServer.ConnectionString,
        new MySqlStoreOptions { TablePrefix = _prefix, LockTimeout = TimeSpan.FromSeconds(1) },
        "tests");

    private protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);

    private protected override Task ExecuteAsync(string statement) => MySqlServer.ExecuteAsync(statement);

    private protected override async Task<DbTransaction?> HoldAsync()
    {
        _holder = await MySqlServer.ConnectAsync();
        var transaction = await _holder.BeginTransactionAsync(Token);
        await using var hold = new MySqlCommand(
            $"SELECT name FROM {_prefix}schedules FOR UPDATE", _holder, transaction);
        await hold.ExecuteScalarAsync(Token);
        return transaction;
    }
}
