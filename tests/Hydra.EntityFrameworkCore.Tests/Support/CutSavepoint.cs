using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Ends one connection where a savepoint of SaveChanges is to be released.</summary>
public sealed class CutSavepoint(Database database) : DbTransactionInterceptor
{
    private int _left = 1;

    public bool HasStruck => _left < 1;

    public override async ValueTask<InterceptionResult> ReleasingSavepointAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            await database.EndAsync(transaction.Connection!);
        }

        return result;
    }
}
