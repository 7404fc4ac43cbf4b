namespace Hydra.Relational.Deciding;

/// <summary>
/// What one transaction knows and will write: the executions that it has locked, and the rows that it adds.
/// </summary>
/// <remarks>
/// A transaction locks and reads everything first, decides here, in C# and in the order of its operations, and writes
/// everything last, one statement per kind. So the rules stand in one place for every database that has row locks.
/// </remarks>
/// <param name="now">The database's clock, read once the locks were taken: everything here happens at once.</param>
internal sealed class TransactionImage(Instant now)
{
    private readonly Dictionary<ExecutionId, ExecutionImage> _executions = [];

    public Instant Now { get; } = now;

    public IReadOnlyCollection<ExecutionImage> Executions => _executions.Values;

    public BatchWrites Writes { get; } = new();

    public void Add(StoredExecution stored) => _executions.TryAdd(stored.Row.Id, new ExecutionImage(stored));

    /// <returns>Null when there is no such execution.</returns>
    public ExecutionImage? Find(ExecutionId id) => _executions.GetValueOrDefault(id);

    /// <returns>The number of an execution that is in the image.</returns>
    public long Number(ExecutionId id) => _executions[id].Now.Number;

    /// <returns>The execution that has an idempotency key, if it is among those read.</returns>
    public ExecutionImage? FindKey(string key)
    {
        foreach (var execution in _executions.Values)
        {
            if (execution.Now.Row.Key == key)
            {
                return execution;
            }
        }

        return null;
    }

    /// <summary>The rows that have to be written.</summary>
    public List<ExecutionImage> Changed()
    {
        var changed = new List<ExecutionImage>();
        foreach (var execution in _executions.Values)
        {
            if (execution.Changed)
            {
                changed.Add(execution);
            }
        }

        return changed;
    }
}
