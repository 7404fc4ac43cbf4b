using System.Data.Common;
using System.Diagnostics;
using MySqlConnector;

namespace Hydra.Bench;

/// <summary>
/// MariaDB as users run it, every commit durable: the server that HYDRA_BENCH_MYSQL names by a connection string, or
/// else a private one on this machine.
/// </summary>
internal sealed class MySqlBenchStore : BenchStore
{
    private const int Batch = 500;
    private const int Batches = 200;
    private const int Commits = 1_000;
    private const char Separator = '|';

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"hydra-bench-mysql-{Environment.ProcessId}");
    private readonly Lazy<string> _server;
    private int _prefixes;
    private long _rows = Environment.TickCount64 * 1_000; // A server that is given may have rows of earlier runs.

    public MySqlBenchStore() => _server = new Lazy<string>(
        () => Environment.GetEnvironmentVariable("HYDRA_BENCH_MYSQL") is { Length: > 0 } given
            ? given
            : Run("start"));

    public override string Name => "mysql";

    public override bool IsDurable => true;

    public override string CreateDatabase()
    {
        var prefix = $"bench_{Environment.ProcessId}_{_prefixes++}_";
        return $"{prefix}{Separator}{_server.Value}";
    }

    public override void Use(HydraBuilder hydra, string database)
    {
        var parts = database.Split(Separator, 2);
        hydra.UseMySql(parts[1], options => options with { TablePrefix = parts[0] });
    }

    public override DbDataSource OpenSource(string database) => new MySqlDataSource(database.Split(Separator, 2)[1]);

    public override string TableOf(string database, string name) => $"{database.Split(Separator, 2)[0]}{name}";

    public override double? BareInsertsPerSecond()
    {
        using var connection = OpenBare();
        Insert(connection, Batch);
        var clock = Stopwatch.StartNew();
        for (var batch = 0; batch < Batches; batch++)
        {
            Insert(connection, Batch);
        }

        return Batch * Batches / clock.Elapsed.TotalSeconds;
    }

    public override double? BareCommitMillis()
    {
        using var connection = OpenBare();
        var latencies = new Latencies(Commits);
        for (var commit = 0; commit < Commits; commit++)
        {
            var begun = Stopwatch.GetTimestamp();
            Insert(connection, rows: 1);
            latencies[commit] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }

        return latencies.Percentile(0.50);
    }

    protected override void CleanUp()
    {
        if (_server.IsValueCreated)
        {
            Run("stop");
        }
    }

    /// <summary>One INSERT with a row of literals each, which is how MySQL takes many rows in one round trip.</summary>
    private void Insert(MySqlConnection connection, int rows)
    {
        var payload = $"x'{new string('0', 200)}'";
        var values = Enumerable.Range(0, rows).Select(row => _rows + row)
            .Select(number => $"({number}, {number}, {payload}, {payload}, {number})");
        using var insert = new MySqlCommand(
            $"INSERT INTO bare (execution, seq, input, output, at) VALUES {string.Join(", ", values)}", connection);
        insert.ExecuteNonQuery();
        _rows += rows;
    }

    private MySqlConnection OpenBare()
    {
        var connection = new MySqlConnection(_server.Value);
        connection.Open();
        using var create = new MySqlCommand(
            """
            CREATE TABLE IF NOT EXISTS bare (
              execution BIGINT NOT NULL, seq BIGINT NOT NULL, input LONGBLOB, output LONGBLOB, at BIGINT NOT NULL,
              PRIMARY KEY (execution, seq)) ENGINE = InnoDB
            """,
            connection);
        create.ExecuteNonQuery();
        return connection;
    }

    private string Run(string command)
    {
        var start = new ProcessStartInfo("tests/servers/mariadb.sh", [command, _folder])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { ["HYDRA_MARIADB_FSYNC"] = "on" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException("No MariaDB server could be started.");
    }
}
