using System.Diagnostics;
using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>The rows of one namespace, the indices over them, and the transaction that is changing them.</summary>
/// <remarks>
/// Every change of an execution passes here, so that no index can be forgotten, and is remembered until the transaction
/// ends, so that a failure leaves nothing. Guarded by the lock of the <see cref="InMemoryDatabase"/>.
/// </remarks>
internal sealed class NamespaceTables
{
    private readonly Dictionary<ExecutionId, StoredExecution> _executions = [];
    private readonly Dictionary<string, StoredExecution> _keys = new(StringComparer.Ordinal);
    private readonly SortedSet<ExecutionId> _ids = [];
    private readonly Dictionary<ExecutionId, SortedSet<ExecutionId>> _descendants = []; // By what they were made of.
    private readonly SortedDictionary<long, SortedSet<ExecutionId>> _owned = [];
    private readonly List<Saved> _saved = [];
    private long _transaction;

    /// <summary>The worker sessions by number.</summary>
    public SortedDictionary<long, SessionRow> Sessions { get; } = [];

    public DueIndex Due { get; } = new();

    /// <summary>The schedules in the order in which they are listed.</summary>
    public SortedDictionary<string, ScheduleRow> Schedules { get; } = new(CodePointOrder.Instance);

    /// <summary>The keys of subjects by their ids.</summary>
    public Dictionary<string, SubjectKeyRow> SubjectKeys { get; } = new(StringComparer.Ordinal);

    /// <summary>Unowned executions that end once their deadline has passed: none of their code is under way.</summary>
    public SortedSet<TimeKey> Deadlines { get; } = [];

    /// <summary>Unowned executions whose code is to hear of their deadline: since when they are due past it.</summary>
    public SortedSet<TimeKey> HeardDeadlines { get; } = [];

    /// <summary>Executions that another build may free.</summary>
    public SortedSet<ExecutionId> Mismatched { get; } = [];

    /// <summary>The stores that are open on this namespace, in the order of their opening.</summary>
    public List<ChangeSignal> Signals { get; } = [];

    /// <summary>Whether the transaction has made something due, now or later.</summary>
    public bool MadeDue { get; private set; }

    /// <summary>All ids in order.</summary>
    public SortedSet<ExecutionId> Ids => _ids;

    /// <summary>The sessions that own something, in the order of their numbers.</summary>
    public IEnumerable<SessionId> Owners => _owned.Keys.Select(static value => new SessionId(value));

    public StoredExecution? Find(ExecutionId id) => _executions.GetValueOrDefault(id);

    public StoredExecution? FindByKey(string key) => _keys.GetValueOrDefault(key);

    /// <summary>What was made of an execution, in the order of ids.</summary>
    public IEnumerable<ExecutionId> DescendantsOf(ExecutionId source) => _descendants.GetValueOrDefault(source) ?? [];

    /// <summary>An execution that one of the indices names.</summary>
    public StoredExecution Get(ExecutionId id) => _executions[id];

    /// <summary>What a session owns, in the order of ids; a copy, which may be walked while it is released.</summary>
    public List<StoredExecution> OwnedBy(SessionId session) =>
        _owned.TryGetValue(session.Value, out var ids) ? [.. ids.Select(Get)] : [];

    /// <summary>
    /// The worker of a session that is no more, by the crashes that were counted before; empty when it had none.
    /// </summary>
    public string WorkerOf(SessionId session) => _executions.Values
        .SelectMany(static execution => execution.Crashes)
        .FirstOrDefault(crash => crash.Session == session)?.Worker ?? "";

    public void Begin()
    {
        _transaction++;
        _saved.Clear();
        MadeDue = false;
    }

    /// <summary>Puts back every execution that the transaction has touched.</summary>
    public void Rollback()
    {
        for (var i = _saved.Count - 1; i >= 0; i--)
        {
            var execution = _saved[i].Execution;
            Unindex(execution);
            if (_saved[i].IsNew)
            {
                Forget(execution);
                continue;
            }

            _saved[i].Restore();
            Index(execution);
        }

        MadeDue = false;
    }

    public void Add(StoredExecution execution)
    {
        execution.Transaction = _transaction;
        _saved.Add(new Saved(execution, isNew: true));
        _executions.Add(execution.Id, execution);
        _ids.Add(execution.Id);
        if (execution.Row.Key is { } key)
        {
            _keys.Add(key, execution);
        }

        if (execution.Origin?.Source is { } source)
        {
            if (!_descendants.TryGetValue(source, out var ids))
            {
                _descendants.Add(source, ids = []);
            }

            ids.Add(execution.Id);
        }

        Index(execution);
    }

    /// <summary>Replaces the row, and with it the execution's places in the indices.</summary>
    public void Update(StoredExecution execution, ExecutionRow row, bool betweenAttempts = false)
    {
        Touch(execution);
        Unindex(execution);
        execution.Row = row;
        execution.BetweenAttempts = betweenAttempts;
        Index(execution);
    }

    public void Append(StoredExecution execution, JournalEntry entry)
    {
        Touch(execution);
        execution.Journal.Add(entry);
        if (entry.Kind == EntryKind.Timeout)
        {
            Debug.Assert(execution.Row.Owner != SessionId.None, "The deadlines of what is owned are in no index.");
            execution.DeadlineDelivered = true;
        }
    }

    /// <summary>Must precede every other change of an execution, which no index depends on.</summary>
    public void Touch(StoredExecution execution)
    {
        if (execution.Transaction != _transaction)
        {
            execution.Transaction = _transaction;
            _saved.Add(new Saved(execution, isNew: false));
        }
    }

    /// <summary>
    /// Writes a schedule, or removes it. As the last thing in a transaction, so that there is nothing to put back.
    /// </summary>
    public void SetSchedule(string name, ScheduleRow? row)
    {
        if (row is null)
        {
            Schedules.Remove(name);
            return;
        }

        Schedules[name] = row;
        MadeDue |= row.DueAt < Instant.Never;
    }

    /// <summary>
    /// Removes an execution that has ended. As the last thing in a transaction, so that there is nothing to put back.
    /// </summary>
    public void Remove(StoredExecution execution)
    {
        Debug.Assert(execution.Row.State.IsTerminal(), "What has not ended is in more indices.");
        Forget(execution);
    }

    private void Forget(StoredExecution execution)
    {
        _executions.Remove(execution.Id);
        _ids.Remove(execution.Id);
        if (execution.Row.Key is { } key)
        {
            _keys.Remove(key);
        }

        if (execution.Origin?.Source is { } source)
        {
            _descendants[source].Remove(execution.Id);
        }
    }

    private void Index(StoredExecution execution)
    {
        var row = execution.Row;
        if (row.State.IsTerminal())
        {
            return;
        }

        if (row.Owner != SessionId.None)
        {
            if (!_owned.TryGetValue(row.Owner.Value, out var ids))
            {
                _owned.Add(row.Owner.Value, ids = []);
            }

            ids.Add(row.Id);
            return;
        }

        if (row.BlockedReason == BlockedReason.Mismatch)
        {
            Mismatched.Add(row.Id);
        }

        if (IsDueSometime(execution))
        {
            Due.Add(execution);
            MadeDue = true;
        }

        if (execution.OpenDeadline is { } deadline)
        {
            DeadlinesOf(execution).Add(DeadlineKey(execution, deadline));
        }
    }

    private void Unindex(StoredExecution execution)
    {
        var row = execution.Row;
        if (row.State.IsTerminal())
        {
            return;
        }

        if (row.Owner != SessionId.None)
        {
            var ids = _owned[row.Owner.Value];
            ids.Remove(row.Id);
            if (ids.Count == 0)
            {
                _owned.Remove(row.Owner.Value);
            }

            return;
        }

        Mismatched.Remove(row.Id);
        if (IsDueSometime(execution))
        {
            Due.Remove(execution);
        }

        if (execution.OpenDeadline is { } deadline)
        {
            DeadlinesOf(execution).Remove(DeadlineKey(execution, deadline));
        }
    }

    private static bool IsDueSometime(StoredExecution execution) =>
        execution.AwaitsClaim && execution.Row.DueAt < Instant.Never;

    private static bool EndsAtDeadline(StoredExecution execution) =>
        execution.NeverBegan || execution.BetweenAttempts || execution.Row.State == ExecutionState.Blocked;

    private SortedSet<TimeKey> DeadlinesOf(StoredExecution execution) =>
        EndsAtDeadline(execution) ? Deadlines : HeardDeadlines;

    private static TimeKey DeadlineKey(StoredExecution execution, Instant deadline) => EndsAtDeadline(execution)
        ? new TimeKey(deadline, execution.Id)
        : new TimeKey(Instant.Max(deadline, execution.Row.DueAt), execution.Id);
}
