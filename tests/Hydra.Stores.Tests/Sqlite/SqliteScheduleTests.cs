using Hydra.Relational.Migrations;
using Hydra.Sqlite;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public sealed class SqliteScheduleTests : ScheduleTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hydra-schedule-").FullName;

    private string File => Path.Combine(_folder, "hydra.db");

    [Fact]
    public async Task What_a_library_of_the_first_version_has_made_gets_schedules_and_that_library_goes_on()
    {
        var first = Path.Combine(_folder, "first.db");
        var runner = new MigrationRunner(
            typeof(SqliteWorkflowStore).Assembly, new SchemaVersion(Version: 1, MinLibrary: 1), "Hydra.Sqlite");
        await using (var connection = await ConnectAsync(first))
        {
            await RunAsync(connection, "PRAGMA journal_mode = wal");
            await RunAsync(
                connection,
                $"""
                {runner.ReadScript(1)};
                CREATE TABLE hydra_schema (
                  version INTEGER PRIMARY KEY, min_library INTEGER NOT NULL, applied_at INTEGER NOT NULL) STRICT;
                INSERT INTO hydra_schema VALUES (1, 1, 1)
                """);
        }

        await using var store = new SqliteWorkflowStore(
            new SqliteStoreOptions { Path = first }, "tests", TimeProvider.System);
        var unfit = await Assert.ThrowsAsync<StoreException>(() => store.VerifyAsync(Token));
        await store.MigrateAsync(Token);

        await LimitedUser.ChangeSchedulesAsync(store, Token);
        Assert.Contains("Migrate the database first", unfit.Message, StringComparison.Ordinal);
        await using var look = await ConnectAsync(first);
        await using var ask = new SqliteCommand("SELECT max(min_library) FROM hydra_schema", look);
        Assert.Equal(1L, await ask.ExecuteScalarAsync(Token)); // So that library may go on.
    }

    private protected override string RefuseBadWorker => """
        CREATE TRIGGER refuse BEFORE INSERT ON hydra_journal WHEN new.worker = 'bad'
        BEGIN SELECT RAISE(ABORT, 'refused'); END
        """;

    private protected override IWorkflowStore Open() =>
        new SqliteWorkflowStore(new SqliteStoreOptions { Path = File }, "tests", TimeProvider.System);

    private protected override Task DropAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private protected override async Task ExecuteAsync(string statement)
    {
        await using var connection = await ConnectAsync(File);
        await RunAsync(connection, statement);
    }

    private static async Task<SqliteConnection> ConnectAsync(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync(Token);
        return connection;
    }

    private static async Task RunAsync(SqliteConnection connection, string statement)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(Token);
    }
}
