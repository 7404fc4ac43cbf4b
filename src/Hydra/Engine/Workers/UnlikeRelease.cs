using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// Hands back an execution whose stored journal is not the one that this process had. It is due at once, counts as no
/// crash, and whoever claims it next reads all of its journal.
/// </summary>
internal sealed class UnlikeRelease(ExecutionId id, long epoch, Action handedBack)
    : PendingOperation(new AdvanceOperation
    {
        Id = id,
        Epoch = epoch,
        Settlement = new Settlement.Released { LastSeq = Settlement.Unknown },
    })
{
    public override void Answered(OperationAnswer answer) => handedBack();

    public override void Failed(StoreException error)
    {
        // The next beats find it as an orphan.
    }
}
