using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Reads into the image of a transaction what it decides about.</summary>
internal sealed class TransactionReader(Connection connection, string @namespace)
{
    private readonly Statement _lock = connection.Prepare(SqliteSql.LockExecution, @namespace);
    private readonly Statement _findKey = connection.Prepare(SqliteSql.ReadKeyHolder, @namespace);
    private readonly Statement _readTail = connection.Prepare(SqliteSql.ReadTail);
    private readonly Statement _readLast = connection.Prepare(SqliteSql.ReadLastEntry);
    private readonly Statement _readEnd = connection.Prepare(SqliteSql.ReadEnd);
    private readonly Statement _readWaits = connection.Prepare(SqliteSql.ReadWaits);

    /// <summary>Adds an execution, if there is one.</summary>
    public void Add(ExecutionId id, TransactionImage image) => Add(_lock.Bind(2, id), image);

    /// <summary>Adds the execution that has an idempotency key, if there is one.</summary>
    public void AddKeyHolder(string key, TransactionImage image) => Add(_findKey.Bind(2, key), image);

    /// <summary>Adds all that a plan touches, and what has to be known of it.</summary>
    public void Add(CommitPlan plan, TransactionImage image)
    {
        foreach (var id in plan.Touched)
        {
            Add(id, image);
        }

        foreach (var (id, seq) in plan.Tails)
        {
            if (image.Find(id) is { } execution)
            {
                NoteTail(execution, seq);
            }
        }

        foreach (var id in plan.Ends)
        {
            if (image.Find(id) is { } execution)
            {
                execution.End = Rows.FirstOrNull(
                    _readEnd.Bind(1, execution.Now.Number),
                    static row => new ExecutionEnd(row.Int(0) != 0, row.Text(1), row.Payload(2)));
            }
        }

        foreach (var id in plan.Waits)
        {
            if (image.Find(id) is { } execution)
            {
                execution.Waiting.AddRange(Rows.All(
                    _readWaits.Bind(1, execution.Now.Number),
                    static row => new WaitingTry(row.Number(0), row.Int(1), row.Instant(2))));
            }
        }
    }

    /// <summary>Notes the last entry of an execution's journal.</summary>
    public void NoteLast(ExecutionImage execution) => Note(_readLast.Bind(1, execution.Now.Number), execution);

    private void NoteTail(ExecutionImage execution, long seq)
    {
        if (seq == CommitPlan.LastOnly)
        {
            NoteLast(execution);
        }
        else
        {
            Note(_readTail.Bind(1, execution.Now.Number).Bind(2, seq), execution);
        }
    }

    private static void Add(Statement bound, TransactionImage image)
    {
        if (Rows.FirstOrNull(bound, Rows.Stored) is { } stored)
        {
            image.Add(stored);
        }
    }

    private static void Note(Statement bound, ExecutionImage execution)
    {
        while (bound.Step())
        {
            execution.Tail.Note(bound.Number(0), bound.Number(1), bound.Instant(2));
        }
    }
}
