using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Hydra.EntityFrameworkCore.Tests;

public sealed class SqliteDatabase : Database
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-tests-");

    public override string Place => "";

    public override bool HasScopes => false;

    public override DbException Conflict => new SqliteException("The database is locked, as planted.", 5);

    protected override string IdType => "text";

    protected override (string Table, string Column)[] TablesOfStarts =>
        [("hydra_executions", "number"), ("hydra_journal", "execution")];

    private string File => FileOf("tests");

    public override void Use(HydraBuilder hydra) => hydra.UseSqlite(File);

    public override void UseElsewhere(DbContextOptionsBuilder options) =>
        options.UseSqlite($"Data Source={FileOf("other")};Pooling=false");

    /// <summary>The engine's is "tests".</summary>
    public string FileOf(string name) => Path.Combine(_directory.FullName, name + ".db");

    public override ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>How long statements of a context may take, in seconds; null leaves it to the driver.</summary>
    public static void SetTimeout(DbContextOptionsBuilder options, int? seconds) =>
        new SqliteDbContextOptionsBuilder(options).CommandTimeout(seconds);

    protected override string Literal(ExecutionId id) =>
        $"(SELECT number FROM hydra_executions WHERE id = x'{Convert.ToHexString(id.ToByteArray())}')";

    protected override void Use(DbContextOptionsBuilder options) => options.UseSqlite(
        $"Data Source={File};Pooling=false",
        provider => provider.ExecutionStrategy(static dependencies => new RetryOnTimeout(dependencies)));
}
