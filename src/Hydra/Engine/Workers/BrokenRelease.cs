using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// Gives up an execution that this build cannot run, through a fault of its journal, of its code or of the engine. It
/// waits for another build, with what went wrong in words, instead of being taken up again and again.
/// </summary>
internal sealed class BrokenRelease(
    ExecutionId id, long epoch, string build, Failure reason, bool isPlain = false, SubjectKey? subject = null)
    : PendingOperation(new AdvanceOperation
    {
        Id = id,
        Epoch = epoch,
        Subject = subject,
        Settlement = new Settlement.Refused(build, EngineJson.Write(reason))
        {
            LastSeq = Settlement.Unknown,
        },
    })
{
    /// <summary>Whether the reason is the engine's own and has nothing of users' data in it.</summary>
    public override bool IsPlain => isPlain;

    public override void Answered(OperationAnswer answer)
    {
    }

    public override void Failed(StoreException error)
    {
        // The next beats find it as an orphan.
    }
}
