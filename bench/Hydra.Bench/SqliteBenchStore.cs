using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Hydra.Bench;

/// <summary>SQLite as users run it: a file on the disk of the working directory, synchronous=FULL.</summary>
internal sealed class SqliteBenchStore : BenchStore
{
    private const int Batch = 500;
    private const int Batches = 200;

    private static readonly string[] Parameters = ["$execution", "$seq", "$input", "$output", "$at"];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-bench-");
    private int _files;

    public override string Name => "sqlite";

    public override bool IsDurable => true;

    public override void Use(HydraBuilder hydra) => hydra.UseSqlite(NewFile());

    public override double? BareInsertsPerSecond()
    {
        using var connection = new SqliteConnection($"Data Source={NewFile()};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, "PRAGMA synchronous=FULL");
        Execute(connection, """
            CREATE TABLE journal (
              execution INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, input BLOB, output BLOB,
              at INTEGER NOT NULL, PRIMARY KEY (execution, seq)) STRICT, WITHOUT ROWID
            """);
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO journal VALUES ($execution, $seq, 'add', $input, $output, $at)";
        var parameters = Parameters.Select(name => insert.Parameters.Add(new SqliteParameter(name, null))).ToArray();
        var payload = new byte[22];
        var clock = Stopwatch.StartNew();
        for (var batch = 0; batch < Batches; batch++)
        {
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            for (var row = 0; row < Batch; row++)
            {
                var number = (batch * Batch) + row;
                parameters[0].Value = number / 4;
                parameters[1].Value = number % 4;
                parameters[2].Value = payload;
                parameters[3].Value = payload;
                parameters[4].Value = 1_700_000_000_000_000 + number;
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return Batch * Batches / clock.Elapsed.TotalSeconds;
    }

    protected override void CleanUp() => _directory.Delete(recursive: true);

    private string NewFile() => Path.Combine(_directory.FullName, $"bench-{_files++}.db");

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
