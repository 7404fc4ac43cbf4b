using Hydra.MySql.Connections;

namespace Hydra.MySql.Transitions;

/// <summary>Writes the rows of journals and tries.</summary>
internal static class JournalStatements
{
    /// <summary>
    /// Writes the inputs of starts, at the time of the session's variable, what else they begin with, and other
    /// entries: all with one statement.
    /// </summary>
    public static void Add(
        Exchange exchange,
        IReadOnlyCollection<StartOperation> starts,
        IReadOnlyCollection<(ExecutionId Execution, JournalEntry Entry)> entries,
        Database database)
    {
        if (starts.Count + entries.Count > 0)
        {
            var rows = starts.Select(static start => (start.Id, Entry: start.Input, IsInput: true))
                .Concat(starts.SelectMany(static start =>
                    start.Prefix.Select(entry => (start.Id, Entry: entry, IsInput: false))))
                .Concat(entries.Select(static row => (Id: row.Execution, row.Entry, IsInput: false)))
                .ToList();
            exchange.AddValues(database.Sql.InsertEntries, rows, (row, written) =>
            {
                row.Add(written.Id, database.Namespace);
                _ = written.IsInput ? AddInput(row, written.Entry) : AddEntry(row, written.Entry);
            });
        }
    }

    private static Literals AddEntry(Literals row, JournalEntry entry) => row
        .Add(entry.Seq).Add((long)entry.Kind).Add(entry.Key).Add(entry.Position).Add(entry.Ordinal).Add(entry.Failed)
        .Add(entry.Input).Add(entry.Output).Add(entry.At.Micros).Add(entry.StartedAt.Micros).Add(entry.Attempt)
        .Add(entry.Epoch).Add(entry.OriginSeq).Add(entry.Worker);

    private static Literals AddInput(Literals row, JournalEntry input) => row
        .Add(0).Add((long)input.Kind).Add(input.Key).Add(0).Add(0).Add(value: false).Add(input.Input).Add(input.Output)
        .AddNow().AddNow().Add(input.Attempt).Add(input.Epoch).Add(input.OriginSeq).Add(input.Worker);

    public static void AddTries(
        Exchange exchange, List<(ExecutionId Execution, StepTry Try)> tries, Database database) =>
        exchange.AddValues(database.Sql.InsertTries, tries, (row, written) =>
        {
            var stepTry = written.Try;
            row.Add(written.Execution, database.Namespace)
                .Add(stepTry.Key).Add(stepTry.Attempt).Add(stepTry.Epoch).Add((long)stepTry.Phase)
                .Add(stepTry.ExecutionAttempt).Add(stepTry.Input).Add(stepTry.Failure).Add(stepTry.StartedAt.Micros)
                .Add(stepTry.EndedAt?.Micros).Add(stepTry.RetryAt?.Micros).Add(stepTry.Worker);
        });
}
