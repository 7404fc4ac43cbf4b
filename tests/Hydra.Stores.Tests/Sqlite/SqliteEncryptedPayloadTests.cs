using System.Data.Common;
using Hydra.Sqlite;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public sealed class SqliteEncryptedPayloadTests : EncryptedPayloadTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hydra-keys-").FullName;

    private string File => Path.Combine(_folder, "hydra.db");

    protected override void Use(HydraBuilder hydra) => hydra.UseSqlite(File);

    protected override IWorkflowStore OpenStore() =>
        new SqliteWorkflowStore(new SqliteStoreOptions { Path = File }, "default", TimeProvider.System);

    protected override string Table(string name) => $"hydra_{name}";

    protected override async Task<DbConnection> ConnectAsync()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        await connection.OpenAsync(Token);
        return connection;
    }

    protected override Task DropAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }
}
