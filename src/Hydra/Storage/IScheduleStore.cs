namespace Hydra.Storage;

/// <summary>What a store keeps of schedules: when each starts executions next, and the change that says so.</summary>
/// <remarks>
/// The engine decides what a schedule starts and when; a store compares one number and writes, atomically. What a
/// schedule is and how far it has come are payloads that a store does not look into. All methods are safe from many
/// threads at once, and whatever fails throws a <see cref="StoreException"/> that tells what is known of the effect.
/// </remarks>
public interface IScheduleStore
{
    /// <summary>Reads a schedule.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The schedule, or null when there is none.</returns>
    Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Lists schedules in the order of the code points of their names.</summary>
    /// <param name="afterName">Only those behind this name, which need not exist; null for all.</param>
    /// <param name="limit">How many at most, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="ArgumentException">No schedule can have such a name.</exception>
    Task<IReadOnlyList<ScheduleRow>> ListAsync(string? afterName, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the schedules that are due by the database's clock, and when the next one is. It is asked again and again,
    /// takes no lock, and costs one look into an index where nothing is due.
    /// </summary>
    /// <remarks>Several workers are told of the same schedule: only one of their changes is applied.</remarks>
    /// <param name="limit">How many at most, 1 to 1,000; when there are as many, more may be due.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Makes, changes or removes a schedule, and with it starts executions and cancels others: all of it in one
    /// transaction, or nothing. When it returns it is durable, and other processes are told of it as of any start.
    /// </summary>
    /// <remarks>
    /// The change is applied when the schedule was last changed by the change that is expected, or by this very one: a
    /// change whose outcome is in doubt is submitted again, and answers the same. Whatever became of its operations, of
    /// which a start may find its key taken (<see cref="AnswerKind.Existing"/>, <see cref="AnswerKind.Conflict"/>) and
    /// a cancellation its execution ended, the change is applied. One that is stale leaves nothing. The schedule is
    /// locked first, then what a batch of the same operations locks (<see cref="IWorkflowStore.CommitAsync"/>), whose
    /// rules hold for them. A call that waited too long for somebody else's lock throws with
    /// <see cref="StoreException.Blocked"/> set.
    /// </remarks>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Gives up waiting; the change may still be applied.</param>
    Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken);
}
