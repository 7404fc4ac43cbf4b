using System.Data.Common;
using System.Globalization;

namespace Hydra.Soak.Transfers;

/// <summary>The tables that transfers write to, as the test sees them: over connections that nothing cuts.</summary>
internal sealed class Bank(Func<Task<DbConnection>> connect)
{
    public const int Accounts = 100;
    public const long Money = Accounts * (long)Opening;

    private const int Opening = 1_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task OpenAsync()
    {
        await ExecuteAsync("CREATE TABLE accounts (id INT NOT NULL PRIMARY KEY, balance INT NOT NULL)");
        await ExecuteAsync("INSERT INTO accounts (id, balance) VALUES "
            + string.Join(", ", Enumerable.Range(0, Accounts).Select(static id => $"({id}, {Opening})")));

        // No key keeps a line from being there twice.
        await ExecuteAsync(
            """
            CREATE TABLE ledger (
                receipt VARCHAR(32) NOT NULL, execution VARCHAR(36) NOT NULL, step VARCHAR(200) NOT NULL,
                source INT NOT NULL, target INT NOT NULL, amount INT NOT NULL)
            """);
    }

    public async Task<long> SumAsync() =>
        (await ReadAsync("SELECT sum(balance) FROM accounts", static row => Number(row, 0)))[0];

    /// <summary>The balance of each account.</summary>
    public async Task<long[]> BalancesAsync() =>
        [.. await ReadAsync("SELECT balance FROM accounts ORDER BY id", static row => Number(row, 0))];

    public Task<List<LedgerLine>> LedgerAsync() => ReadAsync(
        "SELECT execution, step, receipt, source, target, amount FROM ledger",
        static row => new LedgerLine(
            row.GetString(0),
            row.GetString(1),
            row.GetString(2),
            new Transfer((int)Number(row, 3), (int)Number(row, 4), (int)Number(row, 5))));

    /// <summary>What the balances must be when the ledger is right.</summary>
    public static long[] BalancesAfter(IEnumerable<LedgerLine> ledger)
    {
        var balances = Enumerable.Repeat((long)Opening, Accounts).ToArray();
        foreach (var (source, target, amount) in ledger.Select(static line => line.Transfer))
        {
            balances[source] -= amount;
            balances[target] += amount;
        }

        return balances;
    }

    private static long Number(DbDataReader row, int column) =>
        Convert.ToInt64(row.GetValue(column), CultureInfo.InvariantCulture);

    private async Task ExecuteAsync(string statement)
    {
        await using var connection = await connect();
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task<List<T>> ReadAsync<T>(string query, Func<DbDataReader, T> read)
    {
        await using var connection = await connect();
        await using var command = connection.CreateCommand();
        command.CommandText = query;
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(Cancellation))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
