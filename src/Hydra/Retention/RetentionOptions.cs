using Hydra.Storage;

namespace Hydra;

/// <summary>
/// How long executions are kept once they have ended, by workflow and by how they ended. By default all are kept for
/// ever. Not safe from several threads at once.
/// </summary>
/// <remarks>
/// Workers delete what has been kept for long enough, in small pieces, at a pace that leaves the database to the work.
/// With an execution go its steps, its tries and its idempotency key, with which another can then be started. Give the
/// same to all engines of a namespace that have a worker: each deletes by what it has been told.
/// </remarks>
public sealed class RetentionOptions
{
    /// <summary>
    /// The shortest time that an execution is kept: two hours. Nothing that a process may still send again, wait for or
    /// ask about is deleted under it.
    /// </summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromHours(2);

    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);

    private readonly Dictionary<string, Rule> _workflows = new(StringComparer.Ordinal);
    private Rule _all = new(null, null, null, null);

    internal RetentionOptions()
    {
    }

    /// <summary>
    /// How often a worker looks for what is old enough. The default is an hour. Of several workers one looks as often,
    /// the others ever less.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(1);

    internal IExecutionArchive? Archive { get; private set; }

    /// <summary>Whether anything is ever deleted.</summary>
    internal bool DeletesAnything => Least is not null;

    /// <summary>The shortest time that anything is kept; null when everything is, for ever.</summary>
    internal TimeSpan? Least => _workflows.Values.Append(_all).Min(static rule => rule.Least);

    /// <summary>Says how long executions of all workflows are kept that have no rule of their own.</summary>
    /// <param name="completed">From the end of one that completed; null for ever, which is the default.</param>
    /// <param name="failed">From the end of one that failed; null for ever.</param>
    /// <param name="cancelled">From the end of one that was cancelled or terminated; null for ever.</param>
    /// <param name="timedOut">From the end of one whose timeout passed; null for ever.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is shorter than <see cref="Shortest"/>.</exception>
    public RetentionOptions Keep(
        TimeSpan? completed = null, TimeSpan? failed = null, TimeSpan? cancelled = null, TimeSpan? timedOut = null)
    {
        _all = new Rule(completed, failed, cancelled, timedOut);
        return this;
    }

    /// <summary>
    /// Says how long executions of one workflow are kept. It stands in place of the rule for all: what is not said here
    /// is kept for ever.
    /// </summary>
    /// <param name="workflow">The durable name of the workflow; executions under its aliases go with it.</param>
    /// <param name="completed">From the end of one that completed; null for ever, which is the default.</param>
    /// <param name="failed">From the end of one that failed; null for ever.</param>
    /// <param name="cancelled">From the end of one that was cancelled or terminated; null for ever.</param>
    /// <param name="timedOut">From the end of one whose timeout passed; null for ever.</param>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">One is shorter than <see cref="Shortest"/>.</exception>
    public RetentionOptions Keep(
        string workflow,
        TimeSpan? completed = null,
        TimeSpan? failed = null,
        TimeSpan? cancelled = null,
        TimeSpan? timedOut = null)
    {
        Names.Validate(workflow, "The name of a workflow", Limits.MaxNameLength);
        _workflows[workflow] = new Rule(completed, failed, cancelled, timedOut);
        return this;
    }

    /// <summary>Writes every execution to an archive before it is deleted. By default they are only deleted.</summary>
    /// <param name="archive">The archive, which the caller disposes of, if it has to be.</param>
    public RetentionOptions ArchiveTo(IExecutionArchive archive)
    {
        ArgumentNullException.ThrowIfNull(archive);
        Archive = archive;
        return this;
    }

    /// <summary>How long an execution is kept from its end; null for ever.</summary>
    /// <param name="workflow">Its workflow as it was started.</param>
    /// <param name="current">The name that this workflow has now.</param>
    /// <param name="state">How it ended.</param>
    internal TimeSpan? Find(string workflow, string current, ExecutionState state) =>
        (_workflows.GetValueOrDefault(workflow) ?? _workflows.GetValueOrDefault(current) ?? _all).Of(state);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Interval, TimeSpan.Zero, "Retention.Interval");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Interval, LongestInterval, "Retention.Interval");
    }

    private sealed record Rule
    {
        private readonly TimeSpan? _completed;
        private readonly TimeSpan? _failed;
        private readonly TimeSpan? _cancelled;
        private readonly TimeSpan? _timedOut;

        public Rule(TimeSpan? completed, TimeSpan? failed, TimeSpan? cancelled, TimeSpan? timedOut)
        {
            _completed = Check(completed, nameof(completed));
            _failed = Check(failed, nameof(failed));
            _cancelled = Check(cancelled, nameof(cancelled));
            _timedOut = Check(timedOut, nameof(timedOut));
        }

        public TimeSpan? Least => new[] { _completed, _failed, _cancelled, _timedOut }.Min();

        public TimeSpan? Of(ExecutionState state) => state switch
        {
            ExecutionState.Completed => _completed,
            ExecutionState.Failed => _failed,
            ExecutionState.Cancelled => _cancelled,
            ExecutionState.TimedOut => _timedOut,
            _ => null, // One that only a newer version knows.
        };

        private static TimeSpan? Check(TimeSpan? span, string name)
        {
            if (span is { } kept)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(kept, Shortest, name);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(kept, StoreRules.MaxInterval, name);
            }

            return span;
        }
    }
}
