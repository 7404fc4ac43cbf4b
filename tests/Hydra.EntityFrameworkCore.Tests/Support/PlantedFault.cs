using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Fails one commit in a way that strategies repeat: before it was done, or after.</summary>
/// <param name="afterCommit">Whether the commit is done before.</param>
/// <param name="error">What is thrown; else what strategies repeat.</param>
public sealed class PlantedFault(bool afterCommit, Exception? error = null) : DbTransactionInterceptor
{
    private int _left = 1;

    public bool HasStruck => _left < 1;

    public override ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
    {
        Strike(when: !afterCommit);
        return ValueTask.FromResult(result);
    }

    public override Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Strike(when: afterCommit);
        return Task.CompletedTask;
    }

    private void Strike(bool when)
    {
        if (when && Interlocked.Decrement(ref _left) == 0)
        {
            throw error ?? new TimeoutException("The connection was lost at the commit, as planted.");
        }
    }
}
