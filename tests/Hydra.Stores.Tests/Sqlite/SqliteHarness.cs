using System.Data.Common;
using Hydra.Sqlite;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>Stores that share one SQLite file, without the sync of the disk: durability is tested elsewhere.</summary>
public sealed class SqliteHarness : StoreHarness
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-tests-");

    public override string CommandFor(string caseName) => CaseRows.CommandFor<SqliteConformanceTests>(caseName);

    public override StoreHarness CreateAnother() => new SqliteHarness();

    public override bool WritesSideBySide => false;

    /// <summary>What is put around each store.</summary>
    internal Func<IWorkflowStore, IWorkflowStore> Around { get; init; } = static store => store;

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var file = Path.Combine(_directory.FullName, "tests.db");
        var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    protected override Task<IWorkflowStore> CreateStoreAsync(string @namespace) =>
        Task.FromResult(Around(new SqliteWorkflowStore(
            new SqliteStoreOptions
            {
                Path = Path.Combine(_directory.FullName, "tests.db"),
                Durability = SqliteDurability.Normal,
            },
            @namespace,
            Clock)));

    protected override Task DropAsync()
    {
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }
}
