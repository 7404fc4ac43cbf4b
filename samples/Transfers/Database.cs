using System.Data.Common;
using Hydra;
using Microsoft.Data.Sqlite;
using MySqlConnector;
using Npgsql;

namespace Transfers;

/// <summary>The program's own tables, in the database that the engine is in.</summary>
internal sealed class Database(string url)
{
    private static readonly string[] Tables =
    [
        "CREATE TABLE IF NOT EXISTS accounts (id INT NOT NULL PRIMARY KEY, balance INT NOT NULL)",
        """
        CREATE TABLE IF NOT EXISTS ledger (
            number INT NOT NULL, source INT NOT NULL, target INT NOT NULL, amount INT NOT NULL)
        """,
    ];

    /// <summary>Makes the tables where they are missing.</summary>
    /// <remarks>That is no work for a transactional step: MySQL commits whenever it makes a table.</remarks>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        foreach (var statement in Tables)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>How much is in all accounts together, and how many transfers the ledger has.</summary>
    public async Task<(long Money, long Transfers)> CountAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        return (
            await transaction.ReadAsync("SELECT coalesce(sum(balance), 0) FROM accounts", cancellationToken),
            await transaction.ReadAsync("SELECT count(*) FROM ledger", cancellationToken));
    }

    private async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        DbConnection connection = PostgreSqlUrl.TryRead(url) is { } postgreSql
            ? new NpgsqlConnection(postgreSql.ConnectionString)
            : MySqlUrl.TryRead(url) is { } mySql
                ? new MySqlConnection(mySql.ConnectionString)
                : new SqliteConnection(
                    new SqliteConnectionStringBuilder { DataSource = DatabaseUrl.SqlitePath(url) }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
