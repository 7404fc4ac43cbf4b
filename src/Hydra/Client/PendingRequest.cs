using Hydra.Engine;
using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra;

/// <summary>A cancellation, termination or retry on its way.</summary>
internal sealed class PendingRequest(StoreOperation operation, CommitPipeline pipeline, long patienceEnds)
    : PendingOperation(operation)
{
    private readonly TaskCompletionSource<OperationAnswer> _source =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long? PatienceEnds => patienceEnds;

    /// <summary>Waits for the answer. It can be asked for once.</summary>
    public Task<OperationAnswer> WaitAsync(CancellationToken cancellationToken) =>
        _source.WaitAsync(cancellationToken);

    public override void Answered(OperationAnswer answer)
    {
        pipeline.ReleaseRoom();
        _source.TrySetResult(answer);
    }

    public override void Failed(StoreException error)
    {
        pipeline.ReleaseRoom();
        _source.TrySetException(error);
    }
}
