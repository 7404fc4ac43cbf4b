using System.Globalization;
using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>A pgbouncer in transaction mode before the server of the tests, for as long as they run.</summary>
internal static class PgBouncer
{
    private static readonly Lazy<string> Started = new(Start);

    public static string ConnectionString => Started.Value;

    private static string Start()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"hydra-pgbouncer-{Environment.ProcessId}");
        var server = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => ServerScript.Run("pgbouncer.sh", "stop", folder);
        return ServerScript.Run(
            "pgbouncer.sh", "start", folder, server.Port.ToString(CultureInfo.InvariantCulture));
    }
}
