using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>A server of a class's own, for what a server counts or stops for all who use it.</summary>
public class PrivateMySql : IDisposable
{
    private readonly string _script;

    private readonly string _folder = Path.Combine(
        Path.GetTempPath(), $"hydra-mysql-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}");

    public PrivateMySql() : this(ServerScript.MySql)
    {
    }

    protected PrivateMySql(string script) =>
        (_script, ConnectionString) = (script, ServerScript.Run(script, "start", _folder));

    public string ConnectionString { get; }

    /// <summary>Starts it again with another option.</summary>
    public void RestartWith(string option)
    {
        ServerScript.Run(_script, "crash", _folder);
        File.AppendAllText(Path.Combine(_folder, "my.cnf"), option + "\n");
        ServerScript.Run(_script, "restart", _folder);
        MySqlConnection.ClearAllPools();
    }

    public void Dispose()
    {
        MySqlConnection.ClearAllPools();
        ServerScript.Run(_script, "stop", _folder);
        GC.SuppressFinalize(this);
    }
}
