using System.Security.Cryptography;
using System.Text;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Errors;
using Hydra.Relational.Migrations;
using Npgsql;

namespace Hydra.PostgreSql.Migrations;

/// <summary>One connection that migrates. Others are kept out by an advisory lock and by one on the table.</summary>
internal sealed class PostgreSqlMigrationTarget(Database database, NpgsqlConnection connection) : IMigrationTarget
{
    private const int Seconds = 60; // Nineteen others may migrate first.

    private NpgsqlTransaction? _transaction;

    /// <summary>The version of the schema that this library brings and works on.</summary>
    public static MigrationRunner Runner { get; } = new(
        typeof(PostgreSqlMigrationTarget).Assembly, new SchemaVersion(Version: 1, MinLibrary: 1), "Hydra.PostgreSql");

    public string Place => database.DescribePlace(connection);

    /// <summary>Opens a connection, does a piece of work, and says of any failure what is known.</summary>
    public static async Task RunAsync(
        Database database, Func<PostgreSqlMigrationTarget, Task> work, CancellationToken cancellationToken)
    {
        var effect = Effect.None;
        try
        {
            await using var target = new PostgreSqlMigrationTarget(
                database, await database.OpenAloneAsync(cancellationToken));
            effect = Effect.Undone;
            await work(target);
        }
        catch (Exception exception) when (database.Errors.Knows(exception))
        {
            throw database.Errors.Translate(exception, effect);
        }
    }

    public async Task<SchemaVersion> ReadVersionAsync(CancellationToken cancellationToken)
    {
        await using var exists = Command(database.Sql.VersionsExist);
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
        {
            return default;
        }

        await using var read = Command(database.Sql.ReadVersion);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new SchemaVersion(reader.GetInt32(0), reader.GetInt32(1))
            : default;
    }

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        _transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        await using var wait = Command(PostgreSqlSql.LockMigration);
        wait.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockNumber });
        await wait.ExecuteNonQueryAsync(cancellationToken);
        await using var schemaExists = Command(database.Sql.SchemaExists);
        if (!(bool)(await schemaExists.ExecuteScalarAsync(cancellationToken))!)
        {
            await RunAsync(database.Sql.CreateSchema, cancellationToken);
        }

        await RunAsync(database.Sql.CreateVersions, cancellationToken);
        await RunAsync(database.Sql.LockVersions, cancellationToken);
    }

    public async Task ApplyAsync(string script, SchemaVersion version, CancellationToken cancellationToken)
    {
        var named = script.Replace("{schema}", $"\"{database.Schema}\"", StringComparison.Ordinal);
        await RunAsync(named, cancellationToken);
        await using var add = Command(database.Sql.AddVersion);
        add.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version.Version });
        add.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version.MinLibrary });
        await add.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task CommitAsync(CancellationToken cancellationToken) => _transaction!.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync();
        }

        await connection.DisposeAsync();
    }

    /// <summary>The same in every process, and different for every schema.</summary>
    private long LockNumber =>
        BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"hydra migrates {database.Schema}")));

    private NpgsqlCommand Command(string statement) =>
        new(statement, connection, _transaction) { CommandTimeout = Seconds };

    private async Task RunAsync(string statement, CancellationToken cancellationToken)
    {
        await using var command = Command(statement);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
