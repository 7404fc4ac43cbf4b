using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// Hands back an execution that the session owns in the database but nobody here runs. It counts as no crash.
/// </summary>
/// <remarks>
/// It is tried until the next beat, which finds the execution again: else a lock would gather more with every beat.
/// </remarks>
internal sealed class OrphanRelease(OwnedExecution owned, long patienceEnds) : PendingOperation(new AdvanceOperation
{
    Id = owned.Id,
    Epoch = owned.Epoch,
    Settlement = new Settlement.Released { LastSeq = Settlement.Unknown },
})
{
    public override long? PatienceEnds => patienceEnds;

    public override void Answered(OperationAnswer answer)
    {
    }

    public override void Failed(StoreException error)
    {
        // The next beats find it again.
    }
}
