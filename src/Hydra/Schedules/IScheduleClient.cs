namespace Hydra;

/// <summary>
/// Makes schedules, changes them and looks at them. Safe from many threads at once and from a UI thread.
/// </summary>
/// <remarks>
/// What a call changes is durable when it returns. While the database is not to be had, a call tries again for as long
/// as the engine's clients are patient, and then throws <see cref="StoreException"/>. Workers of other processes notice
/// a change as they notice a start, or at most a second later; within their PollInterval where that notice is lost.
/// </remarks>
public interface IScheduleClient
{
    /// <summary>Makes a schedule. When it exists just like this, nothing happens.</summary>
    /// <remarks>Its instants count from now on, by the database's clock: it makes up for none of the past.</remarks>
    /// <param name="schedule">The schedule.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be made.</param>
    /// <exception cref="ArgumentException">A name or option is not allowed.</exception>
    /// <exception cref="PayloadException">The input is over the limit, or says to be JSON and is none.</exception>
    /// <exception cref="ScheduleExistsException">Another schedule has the name.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task CreateAsync(Schedule schedule, CancellationToken cancellationToken = default);

    /// <summary>Makes a schedule, or makes the one of that name into this one.</summary>
    /// <remarks>
    /// A change loses no instant and repeats none: what has come by the old timetable is started by the old one, and
    /// the new one counts from now on, by the database's clock; while the schedule is paused, from its pause on. It
    /// stays paused when it was.
    /// </remarks>
    /// <param name="schedule">The schedule.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be written.</param>
    /// <exception cref="ArgumentException">A name or option is not allowed.</exception>
    /// <exception cref="PayloadException">
    /// The input is over the limit, or says to be JSON and is none; or what is stored of the schedule cannot be read
    /// (<see cref="ScheduleDetails.Problem"/>), and stays as it is until it is deleted.
    /// </exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task PutAsync(Schedule schedule, CancellationToken cancellationToken = default);

    /// <summary>Changes a schedule, as <see cref="PutAsync"/> does, from what it is.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="change">
    /// Makes the new one of the old one, under the same name: schedule => schedule with { ... }. It is called again
    /// when somebody else has changed it meanwhile; where an answer was lost too, of what it has made itself. So let it
    /// say what is to be, not what is to be added.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting; it may still be written.</param>
    /// <exception cref="ArgumentException">A name or option is not allowed, or the name was changed.</exception>
    /// <exception cref="PayloadException">
    /// The input is over the limit, or says to be JSON and is none; or what is stored of the schedule cannot be read
    /// (<see cref="ScheduleDetails.Problem"/>), and stays as it is until it is deleted.
    /// </exception>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task UpdateAsync(string name, Func<Schedule, Schedule> change, CancellationToken cancellationToken = default);

    /// <summary>Keeps a schedule from starting anything, for as long as it is not resumed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="note">Why, for people, up to 2,000 characters.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be paused.</param>
    /// <exception cref="ArgumentException">The note is too long.</exception>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task PauseAsync(string name, string? note = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a pause. The instants that have come meanwhile were missed: the catch-up policy decides about them.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="note">Why, for people, up to 2,000 characters.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be resumed.</param>
    /// <exception cref="ArgumentException">The note is too long.</exception>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task ResumeAsync(string name, string? note = null, CancellationToken cancellationToken = default);

    /// <summary>Removes a schedule. What it has started goes on; what waits is not started any more.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be removed.</param>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task DeleteAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Starts an execution of a schedule now, besides its timetable, also when it is paused.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="overlap">What happens when it would overlap. By default the schedule's own policy decides.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be started.</param>
    /// <returns>
    /// The execution, or null when it was skipped or waits because another one has not ended.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The policy does not exist, or it is another one than <see cref="OverlapPolicy.Allow"/> where that is the
    /// schedule's own: it does not follow what it has started then.
    /// </exception>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task<ExecutionHandle?> TriggerAsync(
        string name, OverlapPolicy? overlap = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Starts an execution for every instant of a range of the past, whether or not it was started before. A paused
    /// schedule does so once it is resumed.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="from">The first instant that counts.</param>
    /// <param name="to">The last instant that counts.</param>
    /// <param name="atOnce">
    /// Whether all are started at once. By default one after another, whenever nothing of the schedule runs or waits;
    /// an instant of the timetable that comes meanwhile overlaps with them.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting; it may still be done.</param>
    /// <exception cref="ArgumentException">
    /// The range begins before 1970, ends before it begins, or in the future; it has more than 100,000 instants of the
    /// schedule; or ten ranges of the schedule are not done yet. Or this machine does not know the time zone.
    /// </exception>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task BackfillAsync(
        string name,
        DateTimeOffset from,
        DateTimeOffset to,
        bool atOnce = false,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Drops what is left of the ranges of the past. What was started for them goes on, and so does the timetable.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting; they may still be dropped.</param>
    /// <returns>How many ranges were not done yet; 0 when there was none.</returns>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task<int> CancelBackfillsAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Drops the instants that wait for executions to end (<see cref="ScheduleDetails.Waiting"/>): they count as
    /// skipped. What runs goes on, and so do the timetable and ranges of the past.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting; they may still be dropped.</param>
    /// <returns>How many waited; 0 when none did.</returns>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task<int> CancelWaitingAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Tells the next instants of a schedule, within its bounds, also when it is paused.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="count">How many at most, from 1 to 1,000. The default is 10.</param>
    /// <param name="after">After when. By default after now, by the database's clock.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is out of its range.</exception>
    /// <exception cref="ArgumentException">This machine does not know the time zone.</exception>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    Task<IReadOnlyList<DateTimeOffset>> PreviewAsync(
        string name, int count = 10, DateTimeOffset? after = null, CancellationToken cancellationToken = default);

    /// <summary>Lists schedules by name.</summary>
    /// <param name="afterName">Only those behind this name, for the next page; null for the first.</param>
    /// <param name="limit">How many at most, from 1 to 1,000. The default is 100.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">The limit is out of its range, or nothing can have the name.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    Task<IReadOnlyList<ScheduleDetails>> ListAsync(
        string? afterName = null, int limit = 100, CancellationToken cancellationToken = default);

    /// <summary>Tells how a schedule stands.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ScheduleNotFoundException">There is no such schedule.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    Task<ScheduleDetails> DescribeAsync(string name, CancellationToken cancellationToken = default);
}
