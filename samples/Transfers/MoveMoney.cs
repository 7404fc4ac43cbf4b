using System.Data.Common;
using Hydra;

namespace Transfers;

/// <summary>Moves money between two accounts, exactly once.</summary>
/// <remarks>
/// There is no status column, no look whether it was done already, no compensation. The body may begin more than once,
/// as after a crash, but of all its beginnings one is committed, together with the step's result.
/// </remarks>
public sealed class MoveMoney : IWorkflow<Transfer, Receipt>
{
    public async Task<Receipt> RunAsync(WorkflowContext context, Transfer transfer)
    {
        try
        {
            return await context.TransactionAsync("move", transfer, MoveAsync);
        }
        catch (StepFailedException e) when (e.Failure.Type == typeof(InsufficientFundsException).FullName)
        {
            return new Receipt(Paid: false, "not enough money");
        }
    }

    private static async Task<Receipt> MoveAsync(
        DbTransaction transaction, Transfer transfer, CancellationToken cancellationToken)
    {
        // The lower account first, whichever pays: so no two transfers wait for each other.
        (int Account, int Amount)[] parts = [(transfer.Source, -transfer.Amount), (transfer.Target, transfer.Amount)];
        foreach (var (account, amount) in parts.OrderBy(static part => part.Account))
        {
            await transaction.ExecuteAsync(
                "UPDATE accounts SET balance = balance + @amount WHERE id = @account",
                cancellationToken,
                ("amount", amount),
                ("account", account));
        }

        var left = await transaction.ReadAsync(
            "SELECT balance FROM accounts WHERE id = @account", cancellationToken, ("account", transfer.Source));
        if (left < 0)
        {
            throw new InsufficientFundsException(transfer.Source); // Whatever a body throws, nothing of it stays.
        }

        await transaction.ExecuteAsync(
            "INSERT INTO ledger (number, source, target, amount) VALUES (@number, @source, @target, @amount)",
            cancellationToken,
            ("number", transfer.Number),
            ("source", transfer.Source),
            ("target", transfer.Target),
            ("amount", transfer.Amount));
        return new Receipt(Paid: true, $"{left} left in account {transfer.Source}");
    }
}
