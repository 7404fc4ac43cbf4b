namespace Hydra.Storage;

/// <summary>What a store can forget: executions that have ended, in small pieces, each whole.</summary>
/// <remarks>
/// The engine decides what is old enough and how fast it goes; a store finds what has ended and deletes what it is
/// told, in bounded transactions that wait for nobody's lock. What has ended never changes again, so nothing has to be
/// decided anew when it is deleted. Several may do it at once. All methods are safe from many threads, and whatever
/// fails throws a <see cref="StoreException"/> that tells what is known of the effect.
/// </remarks>
public interface IRetentionStore
{
    /// <summary>
    /// Walks over executions in the order of their ids, which is about that of their starts, and tells those that have
    /// ended. It takes no lock, and the work is bounded by the limit, however few of those it looks at have ended.
    /// </summary>
    /// <param name="after">Only those behind this one, which need not be there; null for all.</param>
    /// <param name="before">Only those before this one: what was started later cannot have ended long ago.</param>
    /// <param name="limit">How many to look at, at most and about, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes executions that have ended, with all that belongs to them, their idempotency keys included: each of them
    /// whole or not at all, and all of it in one transaction. When it returns it is durable.
    /// </summary>
    /// <remarks>
    /// What is not there, has not ended or has another epoch stays as it is, and so does what somebody else holds a
    /// lock on at that moment: it is passed over, or the call throws with <see cref="StoreException.Blocked"/> set
    /// where a database cannot pass over it. The same again after a doubt deletes what is left, and answers only that.
    /// </remarks>
    /// <param name="executions">Which, as they were listed, 1,000 at most.</param>
    /// <param name="cancellationToken">Gives up waiting; they may still be deleted.</param>
    /// <returns>Those that this call has deleted, in no order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are more than 1,000.</exception>
    Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken);
}
