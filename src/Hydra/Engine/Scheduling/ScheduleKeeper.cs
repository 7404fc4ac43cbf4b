using Hydra.Engine.Observing;
using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>
/// Brings plans and wishes into the store: each as one change, which holds where nobody else came first.
/// </summary>
/// <remarks>
/// It keeps nothing of schedules in memory: what a change is decided from was read just before it, and the store
/// refuses the change when that is no longer true.
/// </remarks>
internal sealed class ScheduleKeeper(
    IWorkflowStore store,
    IScheduleStore schedules,
    EngineRuntime runtime,
    StoreClock clock,
    WorkflowRegistry registry,
    RowCodec codec,
    EngineMetrics metrics,
    EngineLog log)
{
    // Of the inputs of what one change starts: each start has a copy, and databases bound what they take at once.
    private const int MostBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private static readonly Payload Cancelled = EngineJson.Write(new Failure(
        typeof(OperationCanceledException).FullName!,
        "The execution was cancelled by its schedule, whose next execution is due."));

    public string Namespace => store.Namespace;

    public IScheduleStore Store => schedules;

    public EngineLog Log => log;

    /// <summary>A random, positive number.</summary>
    public long NextNumber() => (long)(runtime.NextRandom() >> 1) | 1;

    /// <summary>Whether there is an execution of an id, whatever has become of it.</summary>
    public async Task<bool> ExistsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        await store.Queries.FindAsync(id, cancellationToken) is not null;

    /// <summary>The id of what a schedule starts.</summary>
    public ExecutionId Id(ScheduleRow row, WantedStart start) =>
        ScheduleStarts.Id(Namespace, row.Name, ScheduleJson.ReadProgress(row).Incarnation, start);

    /// <summary>A due schedule with its input decoded, as far as that can be.</summary>
    /// <exception cref="StoreException">The key of its subject cannot be read.</exception>
    public Task<ScheduleRow> DecodeAsync(ScheduleRow row, CancellationToken cancellationToken) =>
        codec.DecodeAsync(row, cancellationToken);

    /// <summary>Prepares a plan from what is stored now.</summary>
    /// <exception cref="PayloadException">What is stored cannot be read.</exception>
    /// <exception cref="ArgumentException">This machine does not know the time zone.</exception>
    public async Task<SchedulePlanner> PlanAsync(ScheduleRow row, Instant now, CancellationToken cancellationToken)
    {
        var definition = ScheduleJson.ReadDefinition(row);
        var progress = ScheduleJson.ReadProgress(row);
        var most = Math.Min(MostBytes, store.Capabilities.MaxPayloadBytes); // What takes one such payload takes this.
        var mostStarts = Math.Clamp(most / Math.Max(row.Input.Length, 1), 1, SchedulePlanner.MostStarts);
        var ended = new HashSet<ExecutionId>();
        foreach (var one in progress.Running)
        {
            if (await store.Queries.FindAsync(one.Id, cancellationToken) is not { } found || found.State.IsTerminal())
            {
                ended.Add(one.Id); // One that is not there any more has ended long ago.
            }
        }

        return new SchedulePlanner(
            definition, progress, now, ended, mostStarts,
            start => ScheduleStarts.Id(Namespace, row.Name, progress.Incarnation, start));
    }

    /// <summary>The change that brings a plan into the store.</summary>
    /// <param name="row">The schedule as it was read.</param>
    /// <param name="plan">What it does.</param>
    /// <param name="dueAt">When it is to be looked at again; by default when the plan says.</param>
    public ScheduleChange Change(ScheduleRow row, SchedulePlan plan, Instant? dueAt = null) => new()
    {
        Name = row.Name,
        ExpectedChange = row.ChangeId,
        Row = row with
        {
            ChangeId = NextNumber(),
            DueAt = row.Paused ? Instant.Never : dueAt ?? plan.NextDue,
            Progress = ScheduleJson.Write(plan.Progress),
        },
        Operations = Operations(row, plan),
        Tally = new ScheduleTally(
            [.. plan.Starts.Select(static start => (start.At, StartCauses.Word(start.Cause)))],
            plan.Skipped,
            plan.Missed is not null),
    };

    /// <summary>Finds the keys of the subjects that a change names, which applying it then has at hand.</summary>
    /// <exception cref="PayloadException">A key was destroyed, or cannot be had here.</exception>
    /// <exception cref="StoreException">The keys cannot be read or written.</exception>
    public async Task<ScheduleChange> FindKeysAsync(ScheduleChange change, CancellationToken cancellationToken) =>
        (await codec.ResolveAsync(change, cancellationToken)).Change;

    /// <summary>Submits a change once, and counts what it does when it is applied.</summary>
    public async Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        var asked = clock.Ask();
        var answer = await schedules.ApplyAsync(change, cancellationToken);
        clock.Observe(answer.Now, asked);
        if (answer.IsApplied && change.Tally is { } tally)
        {
            metrics.ScheduleFired(change.Name, tally, answer.Now);
        }

        return answer;
    }

    /// <summary>
    /// Changes a schedule as a caller wants it, and tries again while the database is not to be had or somebody else
    /// comes first.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="decide">
    /// Makes the change from the schedule as it stands and the database's clock; null when there is nothing to do.
    /// </param>
    /// <param name="patienceEnds">Until when it is tried again, as a timestamp.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The change that was applied; null when there was nothing to do.</returns>
    public async Task<ScheduleChange?> ChangeAsync(
        string name,
        Func<ScheduleRow?, Instant, Task<ScheduleChange?>> decide,
        long patienceEnds,
        CancellationToken cancellationToken)
    {
        ScheduleChange? change = null;
        while (true)
        {
            try
            {
                if (change is null)
                {
                    var row = await schedules.FindAsync(name, cancellationToken);
                    change = await decide(row, await store.Queries.NowAsync(cancellationToken));
                    if (change is null)
                    {
                        return null;
                    }
                }

                if ((await ApplyAsync(change, cancellationToken)).IsApplied)
                {
                    return change;
                }

                change = null; // Somebody else came first: from the beginning.
            }
            catch (StoreException e) when (e.Kind != StoreErrorKind.Deterministic
                && runtime.Time.GetTimestamp() < patienceEnds)
            {
                await Task.Delay(Pause, runtime.Time, cancellationToken); // The same change again, in doubt or not.
            }
        }
    }

    private List<StoreOperation> Operations(ScheduleRow row, SchedulePlan plan)
    {
        if (plan.Starts.Count == 0 && plan.Cancels.Count == 0)
        {
            return [];
        }

        var definition = ScheduleJson.ReadDefinition(row);
        return
        [
            .. plan.Starts.Select(start => Start(row, definition, plan.Progress.Incarnation, start)),
            .. plan.Cancels.Select(id => new CancelOperation { Id = id, Failure = Cancelled }),
        ];
    }

    private StartOperation Start(ScheduleRow row, ScheduleDefinition definition, long incarnation, WantedStart start)
    {
        var settings = registry.OptionsOf(row.Workflow);
        var jitter = definition.Jitter > TimeSpan.Zero && start.Cause == StartCause.Timetable
            ? ScheduleStarts.Jitter(Namespace, row.Name, start.At, definition.Jitter)
            : TimeSpan.Zero;
        var operation = new StartOperation
        {
            Id = ScheduleStarts.Id(Namespace, row.Name, incarnation, start),
            Workflow = row.Workflow,
            InputHash = row.Input.HashText,
            Input = new JournalEntry
            {
                Seq = 0,
                Kind = EntryKind.Input,
                Key = ScheduleStarts.Origin(row.Name, start.At),
                Input = row.Input,
                At = clock.Now,
                Epoch = 0,
            },
            Origin = Origin.OfSchedule(row.Name, start.At),
            SubjectName = definition.Subject,
            Priority = definition.Priority,
            DueAt = jitter > TimeSpan.Zero ? start.At.Plus(jitter) : null,
            MaxAttempts = definition.MaxAttempts ?? settings.MaxAttempts ?? WorkflowOptions.DefaultMaxAttempts,
            RetryBackoff = definition.RetryBackoff ?? settings.RetryBackoff ?? WorkflowOptions.DefaultRetryBackoff,
        };
        return operation.WithTimeout(definition.Timeout ?? settings.Timeout);
    }
}
