using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Writes what a transaction has decided, row by row.</summary>
/// <remarks>
/// Rows are named by the number of the execution, which was read under its namespace and the write lock.
/// </remarks>
internal sealed class TransactionWriter(Connection connection, string @namespace)
{
    private readonly Statement _insertEntry = connection.Prepare(SqliteSql.InsertEntry);
    private readonly Statement _insertTry = connection.Prepare(SqliteSql.InsertTry);
    private readonly Statement _insertCrash = connection.Prepare(SqliteSql.InsertCrash);
    private readonly Statement _insertRefusal = connection.Prepare(SqliteSql.InsertRefusal);
    private readonly Statement _forgetRefusals = connection.Prepare(SqliteSql.ForgetRefusals);
    private readonly Statement _update = connection.Prepare(SqliteSql.UpdateExecution, @namespace);

    public void Write(TransactionImage image)
    {
        foreach (var (id, entry) in image.Writes.Entries)
        {
            Insert(image.Number(id), entry, entry.At, entry.StartedAt);
        }

        foreach (var (id, stepTry) in image.Writes.Tries)
        {
            Insert(image.Number(id), stepTry);
        }

        foreach (var (id, crash) in image.Writes.Crashes)
        {
            _insertCrash.Bind(1, image.Number(id))
                .Bind(2, crash.Epoch)
                .Bind(3, crash.Session.Value)
                .Bind(4, crash.Worker)
                .Bind(5, crash.At.Micros)
                .Run();
        }

        foreach (var id in image.Writes.ForgottenRefusals)
        {
            _forgetRefusals.Bind(1, image.Number(id)).Run();
        }

        foreach (var (id, refusal) in image.Writes.Refusals)
        {
            _insertRefusal.Bind(1, image.Number(id))
                .Bind(2, refusal.Build)
                .Bind(3, refusal.Difference)
                .Bind(4, refusal.At.Micros)
                .Run();
        }

        foreach (var execution in image.Executions)
        {
            if (execution.Changed)
            {
                Update(execution.Before.Row, execution.Now);
            }
        }
    }

    /// <summary>Inserts an entry into a journal.</summary>
    /// <param name="number">The execution.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="at">When it was delivered.</param>
    /// <param name="startedAt">When what it records began.</param>
    public void Insert(long number, JournalEntry entry, Instant at, Instant startedAt) => _insertEntry
        .Bind(1, number)
        .Bind(2, entry.Seq)
        .Bind(3, (long)entry.Kind)
        .Bind(4, entry.Key)
        .Bind(5, entry.Position)
        .Bind(6, entry.Ordinal)
        .Bind(7, entry.Failed ? 1 : 0)
        .Bind(8, entry.Input)
        .Bind(9, entry.Output)
        .Bind(10, at.Micros)
        .Bind(11, startedAt.Micros)
        .Bind(12, entry.Attempt)
        .Bind(13, entry.Epoch)
        .Bind(14, entry.OriginSeq)
        .Bind(15, entry.Worker)
        .Run();

    private void Insert(long number, StepTry stepTry) => _insertTry
        .Bind(1, number)
        .Bind(2, stepTry.Key)
        .Bind(3, stepTry.Attempt)
        .Bind(4, stepTry.Epoch)
        .Bind(5, (long)stepTry.Phase)
        .Bind(6, stepTry.ExecutionAttempt)
        .Bind(7, stepTry.Input)
        .Bind(8, stepTry.Failure)
        .Bind(9, stepTry.StartedAt.Micros)
        .Bind(10, stepTry.EndedAt)
        .Bind(11, stepTry.RetryAt)
        .Bind(12, stepTry.Worker)
        .Run();

    private void Update(ExecutionRow before, StoredExecution now)
    {
        var changed = _update.Bind(2, now.Number)
            .Bind(3, before.Epoch)
            .Bind(4, before.Owner.Value)
            .Bind(5, now.Row.Epoch)
            .Bind(6, now.Row.Owner.Value)
            .Bind(7, (long)now.Row.State)
            .Bind(8, now.Row.DueAt.Micros)
            .Bind(9, now.Row.FinishedAt)
            .Bind(10, now.Row.SettledEpoch)
            .Bind(11, now.Row.Attempt)
            .Bind(12, now.Row.LastSeq)
            .Bind(13, now.CrashSeq)
            .Bind(14, now.Row.Mail)
            .Bind(15, (long)now.Row.Requests)
            .Bind(16, now.Row.Crashes)
            .Bind(17, now.Row.BarrenCrashes)
            .Bind(18, now.Row.SoleSuspectCrashes)
            .Bind(19, (long)now.Row.BlockedReason)
            .Bind(20, now.BackingOff ? 1 : 0)
            .Bind(21, now.DeadlineDelivered ? 1 : 0)
            .Bind(22, now.Row.WaitsFor)
            .Bind(23, now.RetryEpoch)
            .Bind(24, now.LastRetry)
            .Run();
        if (changed != 1)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic,
                $"Execution {now.Row.Id} was found under epoch {before.Epoch} and yet could not be changed.");
        }
    }
}
