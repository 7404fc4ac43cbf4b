using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// Hands back an execution that the session owns in the database but nobody here runs. It counts as no crash.
/// </summary>
internal sealed class OrphanRelease(OwnedExecution owned) : PendingOperation(new AdvanceOperation
{
    Id = owned.Id,
    Epoch = owned.Epoch,
    Settlement = new Settlement.Released { LastSeq = Settlement.Unknown },
})
{
    public override void Answered(OperationAnswer answer)
    {
    }

    public override void Failed(StoreException error)
    {
        // The next beats find it again.
    }
}
