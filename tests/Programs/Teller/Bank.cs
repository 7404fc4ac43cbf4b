using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Teller;

/// <summary>Moves money in a transaction, with ADO.NET or with Entity Framework Core.</summary>
internal static class Bank
{
    /// <returns>The receipt, which is in the ledger too.</returns>
    public static async Task<string> MoveAsync(DbTransaction transaction, Transfer transfer, CancellationToken token)
    {
        var line = LedgerLine.Write(transfer);
        foreach (var (account, amount) in transfer.Parts())
        {
            await ExecuteAsync($"UPDATE accounts SET balance = balance + ({amount}) WHERE id = {account}");
        }

        await ExecuteAsync(
            $"""
            INSERT INTO ledger (receipt, execution, step, source, target, amount) VALUES
            ('{line.Receipt}', '{line.Execution}', '{line.Step}', {line.Source}, {line.Target}, {line.Amount})
            """);
        return line.Receipt;

        async Task ExecuteAsync(string statement)
        {
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync(token);
        }
    }

    /// <summary>Has written, says so and does not end before it must.</summary>
    public static async Task<string> MoveAndLingerAsync(
        DbTransaction transaction, Transfer transfer, CancellationToken token)
    {
        var receipt = await MoveAsync(transaction, transfer, token);
        Console.WriteLine("written"); // Who stops it waits for that.
        await Task.Delay(Timeout.Infinite, token);
        return receipt;
    }

    /// <returns>The receipt, which is in the ledger too.</returns>
    public static async Task<string> MoveAsync(BankContext bank, Transfer transfer, CancellationToken token)
    {
        var line = LedgerLine.Write(transfer);
        bank.Ledger.Add(line); // Saved behind the body.
        foreach (var (id, amount) in transfer.Parts())
        {
            await bank.Accounts.Where(account => account.Id == id).ExecuteUpdateAsync(
                update => update.SetProperty(account => account.Balance, account => account.Balance + amount), token);
        }

        return line.Receipt;
    }
}
