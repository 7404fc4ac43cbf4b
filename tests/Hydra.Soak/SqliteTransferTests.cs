using System.Data.Common;
using Hydra.Soak.Support;
using Hydra.Soak.Transfers;
using Microsoft.Data.Sqlite;

namespace Hydra.Soak;

[Collection(nameof(OneBank))]
public sealed class SqliteTransferTests(ITestOutputHelper output) : TransferTests(output)
{
    private protected override string Name => "SQLite";

    /// <summary>Few: there is one write lock, for which more would only stand in line.</summary>
    private protected override int Concurrency => 4;

    private protected override async Task<DbConnection> ConnectAsync()
    {
        var connection = new SqliteConnection($"Data Source={Scene.Database};Pooling=False");
        await connection.OpenAsync(Cancellation);
        return connection;
    }
}
