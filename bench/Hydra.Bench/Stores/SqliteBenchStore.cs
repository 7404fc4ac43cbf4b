using System.Data.Common;
using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Hydra.Bench;

/// <summary>SQLite as users run it: a file on the disk of the temporary directory, synchronous=FULL.</summary>
internal sealed class SqliteBenchStore : BenchStore
{
    private const int Batch = 500;
    private const int Batches = 200;
    private const int Commits = 1_000;

    private static readonly string[] Parameters = ["$execution", "$seq", "$input", "$output", "$at"];

    private readonly Lazy<DirectoryInfo> _directory = new(() => Directory.CreateTempSubdirectory("hydra-bench-"));
    private int _files;

    public override string Name => "sqlite";

    public override bool IsDurable => true;

    public override string CreateDatabase() => Path.Combine(_directory.Value.FullName, $"bench-{_files++}.db");

    public override void Use(HydraBuilder hydra, string database) => hydra.UseSqlite(database);

    /// <summary>One: there is one write lock, and waiting for it takes longer than writing.</summary>
    public override int BareWriters => 1;

    public override DbDataSource OpenSource(string database) =>
        SqliteFactory.Instance.CreateDataSource($"Data Source={database}");

    public override double? BareInsertsPerSecond()
    {
        using var connection = Open();
        using var insert = new Insert(connection);
        var clock = Stopwatch.StartNew();
        for (var batch = 0; batch < Batches; batch++)
        {
            insert.Commit(Batch);
        }

        return Batch * Batches / clock.Elapsed.TotalSeconds;
    }

    public override double? BareCommitMillis()
    {
        using var connection = Open();
        using var insert = new Insert(connection);
        var latencies = new Latencies(Commits);
        for (var commit = 0; commit < Commits; commit++)
        {
            var begun = Stopwatch.GetTimestamp();
            insert.Commit(rows: 1);
            latencies[commit] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }

        return latencies.Percentile(0.50);
    }

    protected override void CleanUp()
    {
        if (_directory.IsValueCreated)
        {
            _directory.Value.Delete(recursive: true);
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={CreateDatabase()};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, "PRAGMA synchronous=FULL");
        Execute(connection, """
            CREATE TABLE journal (
              execution INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, input BLOB, output BLOB,
              at INTEGER NOT NULL, PRIMARY KEY (execution, seq)) STRICT, WITHOUT ROWID
            """);
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>One prepared insert, used again and again.</summary>
    private sealed class Insert : IDisposable
    {
        private readonly SqliteConnection _connection;
        private readonly SqliteCommand _command;
        private readonly SqliteParameter[] _parameters;
        private readonly byte[] _payload = new byte[22];
        private int _row;

        public Insert(SqliteConnection connection)
        {
            _connection = connection;
            _command = connection.CreateCommand();
            _command.CommandText = "INSERT INTO journal VALUES ($execution, $seq, 'add', $input, $output, $at)";
            _parameters = [.. Parameters.Select(name => _command.Parameters.Add(new SqliteParameter(name, null)))];
        }

        public void Commit(int rows)
        {
            using var transaction = _connection.BeginTransaction();
            _command.Transaction = transaction;
            for (var end = _row + rows; _row < end; _row++)
            {
                _parameters[0].Value = _row / 4;
                _parameters[1].Value = _row % 4;
                _parameters[2].Value = _payload;
                _parameters[3].Value = _payload;
                _parameters[4].Value = 1_700_000_000_000_000 + _row;
                _command.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        public void Dispose() => _command.Dispose();
    }
}
