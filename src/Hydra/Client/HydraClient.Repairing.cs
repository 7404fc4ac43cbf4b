using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <content>What operators do: cancel, terminate, retry.</content>
internal sealed partial class HydraClient
{
    public Task<CancelOutcome> CancelAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Enter(() => CancelCoreAsync(id, cancellationToken));

    public Task<TerminateOutcome> TerminateAsync(
        ExecutionId id, string reason, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(reason.Length, Limits.MaxReasonLength, nameof(reason));
        return Enter(() => TerminateCoreAsync(id, reason, cancellationToken));
    }

    public Task<RetryOutcome> RetryAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Enter(() => RetryCoreAsync(id, cancellationToken));

    private async Task<CancelOutcome> CancelCoreAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var answer = await RequestAsync(Cancellation(id), cancellationToken);
        switch (answer.Kind)
        {
            case AnswerKind.Ended:
                log.EndedByClient(id, "cancelled");
                completions.Signal(id, null);
                await metrics.CountEndAsync(id, store.Queries);
                return CancelOutcome.Cancelled;
            case AnswerKind.AlreadyEnded:
                return CancelOutcome.AlreadyEnded;
            case AnswerKind.Blocked:
                return CancelOutcome.Blocked;
            default:
                worker?.HasMail(id, ExecutionRequests.Cancel);
                return CancelOutcome.Requested;
        }
    }

    private static CancelOperation Cancellation(ExecutionId id) => new()
    {
        Id = id,
        Failure = EngineJson.Write(
            new Failure(typeof(OperationCanceledException).FullName!, "The execution was cancelled.")),
    };

    private async Task<TerminateOutcome> TerminateCoreAsync(
        ExecutionId id, string reason, CancellationToken cancellationToken)
    {
        var failure = new Failure(
            "Hydra.Terminated",
            $"The execution was terminated by {Environment.UserName} on {Environment.MachineName}: {reason}",
            NonRetryable: true);
        var answer = await RequestAsync(
            new TerminateOperation
            {
                Id = id,
                Failure = EngineJson.Write(failure),
                Subject = codec.Payloads.Subjects is null ? null : await SubjectOfAsync(id, cancellationToken),
            },
            cancellationToken);
        if (answer.Kind == AnswerKind.AlreadyEnded)
        {
            return TerminateOutcome.AlreadyEnded;
        }

        worker?.HasEnded(id); // In this process at once; elsewhere the next write or the second beat tells.
        log.EndedByClient(id, "terminated");
        completions.Signal(id, null);
        await metrics.CountEndAsync(id, store.Queries);
        return TerminateOutcome.Terminated;
    }

    /// <summary>Who ends an execution from outside may say why with the subject's data.</summary>
    private async Task<SubjectKey?> SubjectOfAsync(ExecutionId id, CancellationToken cancellationToken) =>
        await store.Queries.ReadJournalAsync(id, -1, 1, cancellationToken) is [var input] ? input.Subject : null;

    private async Task<RetryOutcome> RetryCoreAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var number = (long)(runtime.NextRandom() >> 1) | 1;
        var answer = await RequestAsync(new RetryOperation { Id = id, OperationId = number }, cancellationToken);
        switch (answer.Kind)
        {
            case AnswerKind.Due:
                worker?.ExpectDue(clock.Now);
                return RetryOutcome.Due;
            case AnswerKind.AlreadyEnded:
                return RetryOutcome.AlreadyEnded;
            default:
                return RetryOutcome.NothingToRetry;
        }
    }

    private async Task<OperationAnswer> RequestAsync(StoreOperation operation, CancellationToken cancellationToken)
    {
        await pipeline.ReserveAsync(cancellationToken);
        var request = new PendingRequest(operation, pipeline, PatienceEnds());
        pipeline.Submit(request);
        var answer = await request.WaitAsync(cancellationToken);
        return answer.Kind == AnswerKind.NotFound
            ? throw new ExecutionNotFoundException(operation.Id, Namespace)
            : answer;
    }
}
