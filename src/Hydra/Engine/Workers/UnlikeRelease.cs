using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// Hands back an execution whose stored journal is not the one that this process had, before any of its code runs. It
/// is due at once, counts as no crash, and whoever claims it next reads all of its journal.
/// </summary>
internal sealed class UnlikeRelease(ExecutionRow row, Action handedBack) : PendingOperation(new AdvanceOperation
{
    Id = row.Id,
    Epoch = row.Epoch,
    Settlement = new Settlement.Released { LastSeq = Settlement.Unknown },
})
{
    public override void Answered(OperationAnswer answer) => handedBack();

    public override void Failed(StoreException error)
    {
        // The next beats find it as an orphan.
    }
}
