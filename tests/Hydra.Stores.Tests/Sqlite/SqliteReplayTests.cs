namespace Hydra.Stores.Tests;

public sealed class SqliteReplayTests : ReplayTests
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-tests-");

    protected override void Use(HydraBuilder hydra) => hydra.UseSqlite(Path.Combine(_directory.FullName, "tests.db"));

    protected override Task DropAsync()
    {
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }
}
