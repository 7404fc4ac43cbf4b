namespace Hydra.Relational.Deciding;

/// <summary>What has to be locked and read before a batch can be decided.</summary>
internal sealed class CommitPlan
{
    /// <summary>Stands for "the last entry" among the seqs of <see cref="Tails"/>.</summary>
    public const long LastOnly = long.MaxValue;

    private readonly HashSet<ExecutionId> _touched = [];

    public CommitPlan(CommitBatch batch)
    {
        foreach (var operation in batch.Operations)
        {
            if (operation is StartOperation start)
            {
                Starts.Add(start);
            }
            else
            {
                if (_touched.Add(operation.Id))
                {
                    Touched.Add(operation.Id);
                }

                AddTails(operation);
                if (operation is TerminateOperation)
                {
                    Ends.Add(operation.Id);
                }
                else if (operation is RetryOperation)
                {
                    Waits.Add(operation.Id);
                }
            }
        }
    }

    public List<StartOperation> Starts { get; } = [];

    /// <summary>Every execution that exists before its operation, once.</summary>
    public List<ExecutionId> Touched { get; } = [];

    /// <summary>From which seq on the end of a journal has to be known.</summary>
    public List<(ExecutionId Execution, long Seq)> Tails { get; } = [];

    /// <summary>Executions of which it must be known how they ended, if they have.</summary>
    public List<ExecutionId> Ends { get; } = [];

    /// <summary>Executions of which it must be known whether a failed try of a step holds them back.</summary>
    public List<ExecutionId> Waits { get; } = [];

    private void AddTails(StoreOperation operation)
    {
        var advance = operation as AdvanceOperation;
        if (advance is { Entries: [var first, ..] })
        {
            Tails.Add((advance.Id, first.Seq - 1)); // The entry that it must follow.
        }

        if (advance is null or { Settlement.LastSeq: Settlement.Unknown } or { Settlement: not null, Entries: [] })
        {
            Tails.Add((operation.Id, LastOnly));
        }
    }
}
