using System.Data.Common;
using Hydra;

namespace Transfers;

/// <summary>Opens accounts with some money in each, once, however often it is started and by whomever.</summary>
public sealed class OpenAccounts : IWorkflow<Opening>
{
    public Task RunAsync(WorkflowContext context, Opening opening) =>
        context.TransactionAsync("open", opening, OpenAsync);

    private static async Task OpenAsync(
        DbTransaction transaction, Opening opening, CancellationToken cancellationToken)
    {
        for (var account = 1; account <= opening.Accounts; account++)
        {
            await transaction.ExecuteAsync(
                "INSERT INTO accounts (id, balance) VALUES (@account, @balance)",
                cancellationToken,
                ("account", account),
                ("balance", opening.Balance));
        }
    }
}
