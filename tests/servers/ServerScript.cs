using System.Diagnostics;

namespace Hydra.Tests.Servers;

/// <summary>Runs the scripts that start and stop private servers: tests/servers.</summary>
internal static class ServerScript
{
    /// <summary>
    /// What starts a server for the tests of the store for MySQL and MariaDB: mariadb.sh, unless
    /// HYDRA_TEST_MYSQL_SCRIPT says mysql.sh.
    /// </summary>
    public static string MySql { get; } =
        Environment.GetEnvironmentVariable("HYDRA_TEST_MYSQL_SCRIPT") is { Length: > 0 } script ? script : "mariadb.sh";

    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(string name, params IEnumerable<string> arguments)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Hydra.slnx")))
        {
            root = root.Parent ?? throw new InvalidOperationException("The tests lie outside of the repository.");
        }

        var script = Path.Combine(root.FullName, "tests", "servers", name);
        var start = new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} failed.");
    }
}
