using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// Hands back an execution for which the key of its subject cannot be had now: it is due again later, for whoever has
/// the key then, and counts as no crash.
/// </summary>
internal sealed class KeyRelease(ExecutionRow row, Instant due, Action handedBack)
    : PendingOperation(new AdvanceOperation
    {
        Id = row.Id,
        Epoch = row.Epoch,
        Settlement = new Settlement.Suspended(ExecutionState.Waiting, due, row.Mail)
        {
            LastSeq = row.LastSeq,
            WaitsFor = "the key of its subject",
        },
    })
{
    public override void Answered(OperationAnswer answer) => handedBack();

    public override void Failed(StoreException error)
    {
        // The next beats find it as an orphan; so they do where it has got mail.
    }
}
