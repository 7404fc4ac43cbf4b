using System.Data.Common;
using Hydra.Tests.Servers;

namespace Hydra.Soak.Servers;

/// <summary>A private database server that a test may hurt: the one class to write to test on another.</summary>
internal abstract class SoakServer : IAsyncDisposable
{
    private readonly string _script;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"hydra-soak-{Guid.NewGuid():N}");

    /// <summary>Starts the server.</summary>
    /// <param name="name">What it is, for figures.</param>
    /// <param name="script">Starts and stops it: one of tests/servers.</param>
    /// <param name="proxy">Makes what stands before it, of the connection string that the script tells.</param>
    protected SoakServer(string name, string script, Func<string, CuttingProxy> proxy)
    {
        (Name, _script) = (name, script);
        ConnectionString = ServerScript.Run(_script, "start", _folder);
        Proxy = proxy(ConnectionString);
        Proxy.Start();
    }

    public string Name { get; }

    /// <summary>What programs connect to.</summary>
    public CuttingProxy Proxy { get; }

    /// <summary>The DATABASE_URL of programs that use it.</summary>
    public string Url => Proxy.ConnectionString;

    /// <summary>
    /// Whether others see what a transaction has written a moment before it would survive the end of the server.
    /// </summary>
    public virtual bool ShowsBeforeItKeeps => false;

    protected string ConnectionString { get; }

    /// <summary>A connection past the proxy, to be opened by whoever asks.</summary>
    public abstract DbConnection Connect();

    /// <summary>Ends all connections of programs, whatever they are doing.</summary>
    public abstract Task TerminateConnectionsAsync();

    /// <summary>Stops the server at once: it says goodbye to nobody and leaves its files as they are.</summary>
    public Task CrashAsync() => Task.Run(() => ServerScript.Run(_script, "crash", _folder));

    /// <summary>Starts it again where it was; it takes connections when this returns.</summary>
    public Task RestartAsync() => Task.Run(() => ServerScript.Run(_script, "restart", _folder));

    /// <summary>What the server has told of deadlocks so far.</summary>
    public IEnumerable<string> Deadlocks() => File.ReadLines(Path.Combine(_folder, "server.log"))
        .Where(static line => line.Contains("deadlock detected", StringComparison.Ordinal));

    /// <summary>Stops the server and removes what it had.</summary>
    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        ServerScript.Run(_script, "stop", _folder);
    }
}
