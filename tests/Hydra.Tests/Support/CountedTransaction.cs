using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Tests.Support;

/// <summary>Counts the end of a step's transaction as work, as <see cref="CountedCalls"/> do with the rest.</summary>
internal sealed class CountedTransaction(StepTransaction transaction, Pulse pulse) : StepTransaction
{
    public static async Task<StepTransaction> OfAsync(Task<StepTransaction> begins, Pulse pulse) =>
        new CountedTransaction(await begins, pulse);

    public override DbTransaction Transaction => transaction.Transaction;

    public override Task CommitAsync(CancellationToken cancellationToken) => pulse.Count(async () =>
    {
        await transaction.CommitAsync(cancellationToken);
        return true;
    });

    public override async ValueTask DisposeAsync() => await pulse.Count(async () =>
    {
        await transaction.DisposeAsync();
        return true;
    });
}
