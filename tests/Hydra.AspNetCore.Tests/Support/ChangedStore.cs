using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.AspNetCore.Tests.Support;

/// <summary>A store whose schema may stop to fit while it is open.</summary>
internal sealed class ChangedStore(IWorkflowStore store, Func<bool> fits) : WatchedStore(store)
{
    public override Task VerifyAsync(CancellationToken cancellationToken = default) => fits()
        ? base.VerifyAsync(cancellationToken)
        : throw new StoreException(StoreErrorKind.Deterministic, "The schema is of a newer version.");
}
