using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>A MariaDB server of a class's own, for what a server counts or stops for all who use it.</summary>
public sealed class PrivateMariaDb : IDisposable
{
    private readonly string _folder = Path.Combine(
        Path.GetTempPath(), $"hydra-mariadb-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}");

    public PrivateMariaDb() => ConnectionString = ServerScript.Run("mariadb.sh", "start", _folder);

    public string ConnectionString { get; }

    public void Dispose()
    {
        MySqlConnection.ClearAllPools();
        ServerScript.Run("mariadb.sh", "stop", _folder);
    }
}
