using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Applies a batch, operation by operation in their order.</summary>
internal static class Committing
{
    public static CommitAnswer Commit(NamespaceTables tables, CommitBatch batch, Instant now)
    {
        StoreRules.Validate(batch);
        var answers = new OperationAnswer[batch.Operations.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = Apply(tables, batch.Session, batch.Operations[i], now);
        }

        return new CommitAnswer(now, answers);
    }

    /// <summary>Applies one operation, which has been validated.</summary>
    public static OperationAnswer Apply(
        NamespaceTables tables, SessionId session, StoreOperation operation, Instant now) =>
        operation switch
        {
            StartOperation start => Starting.Start(tables, start, now),
            AdvanceOperation advance => Advancing.Advance(tables, session, advance, now),
            CancelOperation cancel => Cancelling.Cancel(tables, cancel, now),
            TerminateOperation terminate => Terminating.Terminate(tables, terminate, now),
            RetryOperation retry => Retrying.Retry(tables, retry, now),
            var other => throw Bad(other, $"{other.GetType().Name} is unknown to this store"),
        };

    /// <summary>Cuts off what is finer than a microsecond, as every store does.</summary>
    public static TimeSpan ToMicroseconds(TimeSpan span) => TimeSpan.FromTicks(span.Ticks / 10 * 10);

    /// <summary>The error that undoes the whole batch.</summary>
    public static StoreException Bad(StoreOperation operation, string reason) =>
        new(StoreErrorKind.Deterministic, Worded(operation, reason));

    /// <summary>The same, where an operation does not continue the journal that is stored.</summary>
    public static StoreException Differs(StoreOperation operation, string reason) =>
        new(StoreErrorKind.Deterministic, Worded(operation, reason)) { JournalDiffers = true };

    private static string Worded(StoreOperation operation, string reason) =>
        $"Nothing of the batch was written: in the operation of execution {operation.Id}, {reason}.";
}
