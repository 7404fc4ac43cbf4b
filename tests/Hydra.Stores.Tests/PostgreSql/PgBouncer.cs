using System.Globalization;
using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>A pgbouncer in transaction mode before the server of the tests.</summary>
internal sealed class PgBouncer : IDisposable
{
    private const string Script = "pgbouncer.sh";

    private static readonly Lazy<PgBouncer> Lasting = new(StartLasting);

    private readonly string _folder =
        Path.Combine(Path.GetTempPath(), $"hydra-pgbouncer-{Environment.ProcessId}-{Guid.NewGuid():N}");

    public PgBouncer()
    {
        var server = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString);
        ConnectionString = ServerScript.Run(
            Script, "start", _folder, server.Port.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The one for as long as the tests run.</summary>
    public static PgBouncer Shared => Lasting.Value;

    public string ConnectionString { get; }

    /// <summary>Whether it follows prepared statements from one connection of the server's to the next.</summary>
    public bool FollowsPreparedStatements =>
        Version.Parse(ServerScript.Run(Script, "version", _folder)) >= new Version(1, 21);

    /// <summary>Stops it in the middle of whatever it does, and starts it again at the same port.</summary>
    public void Restart() => ServerScript.Run(Script, "restart", _folder);

    public void Dispose() => ServerScript.Run(Script, "stop", _folder);

    private static PgBouncer StartLasting()
    {
        var lasting = new PgBouncer();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => lasting.Dispose();
        return lasting;
    }
}
