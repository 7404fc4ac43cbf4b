using Hydra.Engine;
using Hydra.Engine.Pipeline;
using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra;

/// <summary>
/// A start on its way: hands a direct start to the worker, whether or not the caller still waits for it.
/// </summary>
internal sealed class PendingStart(StartOperation start, CommitPipeline pipeline, Worker? worker, long patienceEnds)
    : PendingOperation(start)
{
    private readonly TaskCompletionSource<ExecutionId> _source =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SessionId Session => start.Owner;

    public override long? PatienceEnds => patienceEnds;

    /// <summary>Waits for the answer. It can be asked for once.</summary>
    public Task<ExecutionId> WaitAsync(CancellationToken cancellationToken) => _source.WaitAsync(cancellationToken);

    public override void Answered(OperationAnswer answer)
    {
        pipeline.ReleaseRoom();
        if (start.Owner != SessionId.None)
        {
            worker!.AnswerReservation(start.Owner, start.Id, answer.Owned ? Claimed(answer) : null);
        }

        switch (answer.Kind)
        {
            case AnswerKind.Started:
                if (!answer.Owned)
                {
                    worker?.ExpectDue(answer.DueAt);
                }

                _source.TrySetResult(start.Id);
                break;
            case AnswerKind.Existing:
                _source.TrySetResult(answer.Id);
                break;
            default:
                _source.TrySetException(new StartConflictException(start.Key!, answer.Id));
                break;
        }
    }

    public override void Failed(StoreException error)
    {
        pipeline.ReleaseRoom();
        if (start.Owner != SessionId.None)
        {
            worker!.AnswerReservation(start.Owner, start.Id, claimed: null);
        }

        _source.TrySetException(error);
    }

    /// <summary>The execution as the store has made it, without reading it.</summary>
    private ClaimedExecution Claimed(OperationAnswer answer) => new(
        new ExecutionRow
        {
            Id = start.Id,
            Workflow = start.Workflow,
            Key = start.Key,
            State = ExecutionState.Running,
            Priority = start.Priority,
            Epoch = 1,
            Owner = start.Owner,
            DueAt = answer.DueAt,
            Deadline = start.Timeout is { } timeout ? answer.DueAt.Plus(timeout) : null,
            MaxAttempts = start.MaxAttempts,
            RetryBackoff = start.RetryBackoff,
            Mail = answer.Mail,
            Requests = answer.Requests,
            InputHash = start.InputHash,
            CreatedAt = answer.DueAt,
            StartedAt = answer.DueAt,
        },
        [start.Input with { At = answer.DueAt, StartedAt = answer.DueAt }],
        []);
}
