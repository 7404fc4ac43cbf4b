namespace Hydra.Soak.Servers;

/// <summary>A private database server that a test may hurt: the one class to write to test on another.</summary>
internal abstract class SoakServer : IAsyncDisposable
{
    /// <summary>What it is, for figures.</summary>
    public abstract string Name { get; }

    /// <summary>The DATABASE_URL of programs that use it.</summary>
    public abstract string Url { get; }

    /// <summary>Ends all connections of programs, whatever they are doing.</summary>
    public abstract Task TerminateConnectionsAsync();

    /// <summary>Stops the server at once: it says goodbye to nobody and leaves its files as they are.</summary>
    public abstract Task CrashAsync();

    /// <summary>Starts it again where it was; it takes connections when this returns.</summary>
    public abstract Task RestartAsync();

    /// <summary>What the server has told of deadlocks so far.</summary>
    public abstract IEnumerable<string> Deadlocks();

    /// <summary>Stops the server and removes what it had.</summary>
    public abstract ValueTask DisposeAsync();
}
