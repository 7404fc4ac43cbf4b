using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public class BundledSqliteTests
{
    [Fact]
    public void The_bundled_SQLite_is_free_of_the_WAL_corruption_fixed_in_3_51_3()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();

        var version = Version.Parse(connection.ServerVersion);

        Assert.True(version >= new Version(3, 51, 3), $"SQLite {version} is bundled.");
    }
}
