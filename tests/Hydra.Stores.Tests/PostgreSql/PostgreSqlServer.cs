using System.Diagnostics;

namespace Hydra.Stores.Tests;

/// <summary>The server that the tests use: the one that ./test.sh has started, or else one of their own.</summary>
internal static class PostgreSqlServer
{
    private const string Variable = "HYDRA_TEST_POSTGRESQL";

    private static readonly Lazy<string> Started = new(Start);

    /// <summary>A connection string of a user who may create schemas.</summary>
    public static string ConnectionString => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
        ? given
        : Started.Value;

    private static string Start()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"hydra-postgresql-{Environment.ProcessId}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Run("stop", folder);
        return Run("start", folder);
    }

    private static string Run(string command, string folder)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Hydra.slnx")))
        {
            root = root.Parent ?? throw new InvalidOperationException($"Set {Variable} to a connection string.");
        }

        var script = Path.Combine(root.FullName, "tests", "servers", "postgresql.sh");
        var start = new ProcessStartInfo(script, [command, folder])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"No PostgreSQL server could be started. Set {Variable} to a connection string of your own.");
    }
}
