using System.Data.Common;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlInnerRaceTests : InnerRaceTests
{
    private readonly PostgreSqlHarness _harness = new();

    private protected override ServerHarness CreateHarness() => _harness;

    private protected override async Task<DbConnection> HoldAsync(string table, Hold hold)
    {
        var stranger = await PostgreSqlServer.ConnectAsync(
            new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { Pooling = false }.ConnectionString);
        await using var command = new NpgsqlCommand(
            $"BEGIN; LOCK TABLE {_harness.Place}.{table} IN {(hold == Hold.Reads ? "ACCESS EXCLUSIVE" : "SHARE")} MODE",
            stranger);
        await command.ExecuteNonQueryAsync(Token);
        return stranger;
    }

    private protected override Task<long> CountAtTableAsync() => CountAsync("wait_event = 'relation'");

    private protected override Task<long> CountStatementsAsync() => CountAsync("TRUE");

    private async Task<long> CountAsync(string condition) => (long)(await PostgreSqlServer.AskAsync(
        $"""
        SELECT count(*)
        FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND wait_event_type = 'Lock' AND query LIKE '%{_harness.Place}%' AND {condition}
        """))!;
}
