namespace Hydra.Relational.Deciding;

/// <summary>
/// The advances of a batch that holds nothing but starts and ordinary advances of executions that its session owns.
/// </summary>
internal sealed class ExpectedPlan
{
    private readonly Dictionary<ExecutionId, ExpectedAdvance> _byId = [];

    private ExpectedPlan()
    {
    }

    public List<ExpectedAdvance> Advances { get; } = [];

    public List<ExpectedAdvance> Settled { get; } = [];

    public List<(ExecutionId Execution, JournalEntry Entry)> Entries { get; } = [];

    public List<(ExecutionId Execution, StepTry Try)> Tries { get; } = [];

    /// <returns>Null when the batch holds anything else, or has no advance.</returns>
    public static ExpectedPlan? TryMake(CommitBatch batch)
    {
        var plan = new ExpectedPlan();
        if (batch.Session == SessionId.None)
        {
            return null;
        }

        foreach (var operation in batch.Operations)
        {
            if (operation is not (StartOperation or AdvanceOperation)
                || (operation is AdvanceOperation advance && !plan.TryAdd(advance)))
            {
                return null;
            }
        }

        foreach (var operation in batch.Operations)
        {
            if (operation is StartOperation && plan._byId.ContainsKey(operation.Id))
            {
                return null;
            }
        }

        return plan.Advances.Count > 0 ? plan : null;
    }

    private bool TryAdd(AdvanceOperation advance)
    {
        if (!_byId.TryGetValue(advance.Id, out var expected))
        {
            expected = new ExpectedAdvance(advance);
            _byId.Add(advance.Id, expected);
            Advances.Add(expected);
        }

        if (!expected.TryAdd(advance))
        {
            return false;
        }

        foreach (var entry in advance.Entries)
        {
            Entries.Add((advance.Id, entry));
        }

        foreach (var stepTry in advance.Tries)
        {
            Tries.Add((advance.Id, stepTry));
        }

        if (advance.Settlement is not null)
        {
            Settled.Add(expected);
        }

        return true;
    }
}
