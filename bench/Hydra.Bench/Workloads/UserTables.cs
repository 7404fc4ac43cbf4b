using System.Data.Common;
using System.Globalization;

namespace Hydra.Bench;

/// <summary>Tables of a user's, and the statements of one transaction: an update and an insert.</summary>
internal sealed class UserTables(BenchStore store, string database) : IAsyncDisposable
{
    private const int Accounts = 10_000; // So many that hardly two transactions want the same.

    private readonly DbDataSource _source = store.OpenSource(database);
    private readonly string _accounts = store.TableOf(database, "accounts");
    private readonly string _ledger = store.TableOf(database, "ledger");

    public async Task CreateAsync()
    {
        await using var connection = await _source.OpenConnectionAsync();
        foreach (var statement in new[]
        {
            $"CREATE TABLE {_accounts} (id INT NOT NULL PRIMARY KEY, balance INT NOT NULL)",
            $"CREATE TABLE {_ledger} (account INT NOT NULL, amount INT NOT NULL)",
            $"INSERT INTO {_accounts} (id, balance) VALUES "
                + string.Join(", ", Enumerable.Range(0, Accounts).Select(static id => $"({id}, 0)")),
        })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>What the transaction writes, whoever begins and commits it.</summary>
    public async Task<int> WriteAsync(DbTransaction transaction, int value, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"UPDATE {_accounts} SET balance = balance + 1 WHERE id = @account");
        await ExecuteAsync($"INSERT INTO {_ledger} (account, amount) VALUES (@account, 1)");
        return value + 1;

        async Task ExecuteAsync(string statement)
        {
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = statement;
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("@account", (value & int.MaxValue) % Accounts);
            command.Parameters.Add(parameter);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Commits such transactions without an engine, over as many connections as the database likes best.
    /// </summary>
    public Task CommitBareAsync(int count) => Parallel.ForAsync(
        0,
        count,
        new ParallelOptions { MaxDegreeOfParallelism = store.BareWriters },
        async (number, cancellationToken) =>
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await WriteAsync(transaction, number, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        });

    /// <summary>How many transactions have been committed.</summary>
    public async Task<long> CountAsync()
    {
        await using var connection = await _source.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {_ledger}";
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
