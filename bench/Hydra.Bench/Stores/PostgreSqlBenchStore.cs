using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Hydra.Bench;

/// <summary>
/// PostgreSQL as users run it, fsync and synchronous_commit on: the server that HYDRA_BENCH_POSTGRESQL names by a
/// connection string, or else a private one on this machine.
/// </summary>
internal sealed class PostgreSqlBenchStore : BenchStore
{
    private const int Batch = 500;
    private const int Batches = 200;
    private const int Commits = 1_000;
    private const char Separator = '|';

    private const string InsertRows = """
        INSERT INTO bare (execution, seq, input, output, at)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[])
        """;

    private readonly string _folder = Path.Combine(
        Path.GetTempPath(), $"hydra-bench-postgresql-{Environment.ProcessId}");
    private readonly Lazy<string> _server;
    private int _schemas;
    private long _rows;

    public PostgreSqlBenchStore() => _server = new Lazy<string>(
        () => Environment.GetEnvironmentVariable("HYDRA_BENCH_POSTGRESQL") is { Length: > 0 } given
            ? given
            : Run("start"));

    public override string Name => "postgresql";

    public override bool IsDurable => true;

    public override string CreateDatabase()
    {
        var schema = $"bench_{Environment.ProcessId}_{_schemas++}";
        return $"{schema}{Separator}{_server.Value}";
    }

    public override void Use(HydraBuilder hydra, string database)
    {
        var parts = database.Split(Separator, 2);
        hydra.UsePostgreSql(parts[1], options => options with { Schema = parts[0] });
    }

    public override double? BareInsertsPerSecond()
    {
        using var connection = OpenBare();
        using var insert = new NpgsqlCommand(InsertRows, connection);
        Insert(insert, Batch);
        var clock = Stopwatch.StartNew();
        for (var batch = 0; batch < Batches; batch++)
        {
            Insert(insert, Batch);
        }

        return Batch * Batches / clock.Elapsed.TotalSeconds;
    }

    public override double? BareCommitMillis()
    {
        using var connection = OpenBare();
        using var insert = new NpgsqlCommand(InsertRows, connection);
        var latencies = new Latencies(Commits);
        for (var commit = 0; commit < Commits; commit++)
        {
            var begun = Stopwatch.GetTimestamp();
            Insert(insert, rows: 1);
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

    private void Insert(NpgsqlCommand insert, int rows)
    {
        var payload = new byte[100];
        long[] numbers = [.. Enumerable.Range(0, rows).Select(row => _rows + row)];
        byte[][] payloads = [.. Enumerable.Repeat(payload, rows)];
        _rows += rows;
        insert.Parameters.Clear();
        insert.Parameters.Add(new() { Value = numbers, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        insert.Parameters.Add(new() { Value = numbers, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        insert.Parameters.Add(new() { Value = payloads, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        insert.Parameters.Add(new() { Value = payloads, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        insert.Parameters.Add(new() { Value = numbers, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        insert.Prepare();
        insert.ExecuteNonQuery();
    }

    private NpgsqlConnection OpenBare()
    {
        var connection = new NpgsqlConnection(_server.Value);
        connection.Open();
        using var create = new NpgsqlCommand(
            """
            CREATE TABLE IF NOT EXISTS bare (
              execution bigint NOT NULL, seq bigint NOT NULL, input bytea, output bytea, at bigint NOT NULL,
              PRIMARY KEY (execution, seq))
            """,
            connection);
        create.ExecuteNonQuery();
        return connection;
    }

    private string Run(string command)
    {
        var start = new ProcessStartInfo("tests/servers/postgresql.sh", [command, _folder])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { ["HYDRA_POSTGRESQL_FSYNC"] = "on" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException("No PostgreSQL server could be started.");
    }
}
