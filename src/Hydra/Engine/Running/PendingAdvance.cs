using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>An advance of an activation on its way through the pipeline.</summary>
internal sealed class PendingAdvance(Activation activation, AdvanceOperation operation) : PendingOperation(operation)
{
    private volatile bool _withdrawn;

    public AdvanceOperation Advance { get; } = operation;

    public override bool IsWithdrawn => _withdrawn;

    /// <summary>What the pipeline answered; read by the activation's pump.</summary>
    public OperationAnswer Answer { get; private set; }

    public StoreException? Error { get; private set; }

    public void Withdraw() => _withdrawn = true;

    public override void Answered(OperationAnswer answer)
    {
        Answer = answer;
        activation.Count(Advance, answer);
        activation.Hear(this);
    }

    public override void Failed(StoreException error)
    {
        Error = error;
        activation.Hear(this);
    }
}
