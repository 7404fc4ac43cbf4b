using System.Data.Common;
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

    private const string Variable = "HYDRA_BENCH_POSTGRESQL";

    private static readonly string Bare = $"bare_{Environment.ProcessId}";

    private static readonly string InsertRows = $"""
        INSERT INTO {Bare} (execution, seq, input, output, at)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[])
        """;

    private const string ReadCounters = """
        SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,
               pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
               (SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = ANY ($1)),
               pg_backend_pid()
        """;

    private readonly List<string> _databases = [];
    private readonly bool _given = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };
    private readonly string _folder = Path.Combine(
        Path.GetTempPath(), $"hydra-bench-postgresql-{Environment.ProcessId}");
    private readonly Lazy<string> _server;
    private long _rows;

    public PostgreSqlBenchStore() => _server = new Lazy<string>(
        () => _given ? Environment.GetEnvironmentVariable(Variable)! : Run("start"));

    public override string Name => "postgresql";

    public override bool IsDurable => true;

    public override bool HasSnapshots => true;

    public override string CreateDatabase()
    {
        _databases.Add($"bench_{Environment.ProcessId}_{_databases.Count}");
        return $"{_databases[^1]}{Separator}{_server.Value}";
    }

    public override void Use(HydraBuilder hydra, string database)
    {
        var parts = database.Split(Separator, 2);
        hydra.UsePostgreSql(parts[1], options => options with { Schema = parts[0] });
    }

    public override DbDataSource OpenSource(string database) =>
        NpgsqlDataSource.Create(database.Split(Separator, 2)[1]);

    public override string TableOf(string database, string name) => $"{database.Split(Separator, 2)[0]}.{name}";

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

    public override ServerCounters ReadServer()
    {
        using var connection = new NpgsqlConnection(_server.Value);
        connection.Open();
        using var read = new NpgsqlCommand(ReadCounters, connection);
        read.Parameters.Add(new() { Value = _databases.ToArray() });
        using var reader = read.ExecuteReader();
        reader.Read();
        return new ServerCounters(
            Machine.CpuSecondsOfFamily(reader.GetInt32(3), "postgres"),
            reader.GetInt64(0),
            reader.GetInt64(1),
            reader.GetInt64(2));
    }

    public override IDisposable HoldSnapshot()
    {
        var connection = new NpgsqlConnection(_server.Value);
        connection.Open();
        Execute(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Execute(connection, "SELECT txid_current_snapshot()");
        return connection; // Closing it ends the transaction.
    }

    protected override void CleanUp()
    {
        if (!_server.IsValueCreated)
        {
            return;
        }

        if (!_given)
        {
            Run("stop");
            return;
        }

        using var connection = new NpgsqlConnection(_server.Value);
        connection.Open();
        _databases.ForEach(schema => Execute(connection, $"DROP SCHEMA IF EXISTS {schema} CASCADE"));
        Execute(connection, $"DROP TABLE IF EXISTS {Bare}");
    }

    private static void Execute(NpgsqlConnection connection, string statement)
    {
        using var command = new NpgsqlCommand(statement, connection);
        command.ExecuteNonQuery();
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
        Execute(
            connection,
            $"""
            CREATE TABLE IF NOT EXISTS {Bare} (
              execution bigint NOT NULL, seq bigint NOT NULL, input bytea, output bytea, at bigint NOT NULL,
              PRIMARY KEY (execution, seq))
            """);
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
