using Hydra.Engine.Pipeline;
using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>Ends an execution of which nothing can be read any more, before any of its code runs.</summary>
internal sealed class ShreddedEnd(AdvanceOperation end, CompletionHub completions) : PendingOperation(end)
{
    public override bool IsPlain => true;

    public override void Answered(OperationAnswer answer) => completions.Signal(Operation.Id, null);

    public override void Failed(StoreException error)
    {
        // The next beats find it as an orphan, and whoever claims it then ends it.
    }
}
