using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public sealed class SqliteTransactionStepTests : TransactionStepTests
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-tests-");

    private string File => Path.Combine(_directory.FullName, "tests.db");

    protected override void Use(HydraBuilder hydra) => hydra.UseSqlite(File);

    protected override DbDataSource Own() => SourceOf(File);

    protected override DbDataSource Elsewhere() => SourceOf(Path.Combine(_directory.FullName, "other.db"));

    protected override string Forget(ExecutionId id) =>
        $"UPDATE hydra_executions SET owner = 0, state = 0, epoch = epoch + 1 "
        + $"WHERE id = x'{Convert.ToHexString(id.ToByteArray())}'";

    protected override Task DropAsync()
    {
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }

    private static DbDataSource SourceOf(string file) =>
        SqliteFactory.Instance.CreateDataSource($"Data Source={file};Pooling=false");
}
