using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>Real processes that find a new database at the same time, as those of one deployment do.</summary>
public sealed class MigrationTests : SceneTest
{
    private static readonly int Processes = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1" ? 20 : 6;

    [Fact]
    public Task Many_processes_migrate_one_new_file() => MigrateAsync();

    [Fact]
    public async Task Many_processes_migrate_one_new_PostgreSQL_database()
    {
        await using var server = new PostgreSqlSoakServer();
        Scene.Url = server.Url;
        await MigrateAsync();
    }

    [Fact]
    public async Task Many_processes_migrate_one_new_MariaDB_database()
    {
        await using var server = new MySqlSoakServer();
        Scene.Url = server.Url;
        await MigrateAsync();
    }

    private async Task MigrateAsync()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => Scene.HydraAsync("migrate")));
        var list = await Scene.HydraAsync("list");

        Assert.All(results, static result => Assert.True(result.Code == 0, result.Error));
        Assert.True(list.Code == 0, list.Error);
    }
}
