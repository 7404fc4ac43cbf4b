using System.Data.Common;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlInnerRaceTests : InnerRaceTests
{
    private readonly MySqlHarness _harness = new();

    /// <remarks>What a SET reads in a subquery, InnoDB locks for others' reads only.</remarks>
    private protected override bool ClaimsHoldTheirSession => true;

    private protected override ServerHarness CreateHarness() => _harness;

    private protected override async Task<DbConnection> HoldAsync(string table, Hold hold)
    {
        var stranger = await MySqlServer.ConnectAsync(
            new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { Pooling = false }.ConnectionString);
        await using var command = new MySqlCommand(
            $"LOCK TABLES {_harness.Place}{table} {(hold == Hold.Reads ? "WRITE" : "READ")}", stranger);
        await command.ExecuteNonQueryAsync(Token);
        return stranger;
    }

    private protected override Task<long> CountAtTableAsync() => CountAsync("STATE LIKE 'Waiting for table%'");

    /// <remarks>Which of them wait for a row, InnoDB tells to nobody who asks often.</remarks>
    private protected override Task<long> CountStatementsAsync() => CountAsync("TRUE");

    private async Task<long> CountAsync(string condition) => (long)(await MySqlServer.AskAsync(
        $"""
        SELECT COUNT(*)
        FROM information_schema.PROCESSLIST
        WHERE ID <> CONNECTION_ID() AND INFO LIKE '%{_harness.Place}%' AND {condition}
        """))!;
}
