using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Cuts its connection at the commit, behind it or before.</summary>
internal sealed class CutTransaction(StepTransaction inner, bool committed, bool cuts) : StepTransaction
{
    public Func<Task> Committed { get; init; } = static () => Task.CompletedTask;

    public override DbTransaction Transaction => inner.Transaction;

    public override async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (committed || !cuts)
        {
            await inner.CommitAsync(cancellationToken);
            await Committed();
        }

        if (cuts)
        {
            throw new IOException("The connection is gone.");
        }
    }

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
