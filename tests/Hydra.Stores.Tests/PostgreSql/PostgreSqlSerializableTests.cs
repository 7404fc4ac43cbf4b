using System.Data;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>
/// A database whose transactions are serializable unless they say otherwise: what is not told to be anything else could
/// be given up for the sake of others at any time.
/// </summary>
public sealed class PostgreSqlSerializableTests : IAsyncLifetime
{
    private PostgreSqlDatabase? _database;
    private PostgreSqlWorkflowStore? _store;

    /// <summary>Areas of the suite that write and read in every way.</summary>
    public static IEnumerable<TheoryDataRow<string>> Cases => CaseRows.Of(
        StoreConformance.Cases.Where(static one => one.Area is "Claim" or "Settle" or "Session" or "Sweep"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private PostgreSqlWorkflowStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgreSqlDatabase.CreateAsync();
        await _database.SetAsync("default_transaction_isolation", "serializable");
        _store = new PostgreSqlWorkflowStore(
            _database.ConnectionString, new PostgreSqlStoreOptions { Listen = false }, "tests");
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_store_conforms(string name) =>
        await CaseRows.RunAsync(StoreConformance.Named(name), new SerializablePostgreSqlHarness());

    /// <summary>A beat writes, and the row has changed since it began.</summary>
    [Fact]
    public async Task A_beat_that_waits_for_its_row_extends_the_lease()
    {
        await Store.MigrateAsync(Token);
        var session = new SessionRow
        {
            Id = new SessionId(7),
            Worker = "worker",
            Build = "build",
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = TimeSpan.FromSeconds(15),
        };
        await Store.OpenSessionAsync(session, Token);
        await using var stranger = await BeginAsync();
        await ExecuteAsync(stranger, "UPDATE hydra.sessions SET host = 'another'");

        var beat = Task.Run(() => Store.HeartbeatAsync(session.Id, [], Token), Token);
        await _database!.WaitForBlockedAsync(1, Token);
        await stranger.CommitAsync(Token);

        Assert.False((await beat).Lost);
    }

    /// <summary>
    /// The read begins before the pivot commits, and sees what that one has overwritten; the pivot has read what
    /// another has overwritten before. So of the three the read, which is last, is given up.
    /// </summary>
    [Theory]
    [InlineData("executions")]
    [InlineData("subject_keys")]
    [InlineData("attempts")]
    public async Task A_read_is_answered_that_was_given_up_for_others(string table)
    {
        await Store.MigrateAsync(Token);
        var start = Make.Start(ExecutionId.Create(1_800_000_000_000, 7, 1));
        await Store.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);
        await Store.SubjectKeys.AddAsync("subject", "wrapped", Token);
        await PostgreSqlServer.ExecuteAsync(
            $"""
            INSERT INTO hydra.attempts (
              execution, epoch, started_at, attempt, execution_attempt, shard, phase, namespace, key, worker)
            VALUES ('{start.Id}', 1, 0, 1, 1, {start.Id.Shard}, {(int)TryPhase.Landed}, 'tests', 'transfer', '');
            CREATE TABLE users (name text);
            INSERT INTO users VALUES ('one')
            """,
            _database!.ConnectionString);
        await using var pivot = await BeginAsync();
        await ExecuteAsync(pivot, "SELECT name FROM users");
        await using (var first = await BeginAsync())
        {
            await ExecuteAsync(first, "UPDATE users SET name = 'another'");
            await first.CommitAsync(Token);
        }

        await ExecuteAsync(pivot, $"LOCK TABLE hydra.{table}");
        await ExecuteAsync(pivot, $"UPDATE hydra.{table} SET namespace = namespace");
        var read = ReadAsync(table, start.Id);
        await _database.WaitForBlockedAsync(1, Token);
        await pivot.CommitAsync(Token);

        Assert.True(await read);
    }

    /// <summary>Whoever comes second finds a row that was not there when it began.</summary>
    [Fact]
    public async Task Two_who_migrate_at_once_both_succeed()
    {
        await PostgreSqlServer.ExecuteAsync(
            """
            CREATE SCHEMA hydra;
            CREATE TABLE hydra.schema_versions (
              version integer NOT NULL PRIMARY KEY, min_library integer NOT NULL, applied_at bigint NOT NULL)
            """,
            _database!.ConnectionString);
        await using var other = await BeginAsync();
        await ExecuteAsync(other, "INSERT INTO hydra.schema_versions VALUES (0, 0, 0)");

        var migrating = Store.MigrateAsync(Token);
        await _database.WaitForBlockedAsync(1, Token);
        await other.CommitAsync(Token);

        await migrating;
        await Store.VerifyAsync(Token);
    }

    private async Task<bool> ReadAsync(string table, ExecutionId id) => table switch
    {
        "executions" => await Store.Queries.FindAsync(id, Token) is not null,
        "subject_keys" => await Store.SubjectKeys.FindAsync("subject", Token) is not null,
        _ => (await ((IWorkflowStore)Store).Transactions!.ReadLandedAsync(id, "transfer", Token)).Count == 1,
    };

    private async Task<NpgsqlTransaction> BeginAsync()
    {
        var connection = await PostgreSqlServer.ConnectAsync(_database!.ConnectionString);
        return await connection.BeginTransactionAsync(IsolationLevel.Serializable, Token);
    }

    private static async Task ExecuteAsync(NpgsqlTransaction transaction, string statement)
    {
        await using var command = new NpgsqlCommand(statement, transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync(Token);
    }
}
