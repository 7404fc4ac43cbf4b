using Hydra.MySql.Connections;

namespace Hydra.MySql.Transitions;

/// <summary>Writes the rows of journals and tries.</summary>
internal static class JournalStatements
{
    public static void AddEntries(
        Exchange exchange, List<(ExecutionId Execution, JournalEntry Entry)> entries, Database database) =>
        exchange.AddValues(database.Sql.InsertEntries, entries, (row, written) =>
        {
            var entry = written.Entry;
            row.Add(written.Execution, database.Namespace)
                .Add(entry.Seq).Add((long)entry.Kind).Add(entry.Key).Add(entry.Position).Add(entry.Ordinal)
                .Add(entry.Failed).Add(entry.Input).Add(entry.Output).Add(entry.At.Micros)
                .Add(entry.StartedAt.Micros).Add(entry.Attempt).Add(entry.Epoch).Add(entry.OriginSeq)
                .Add(entry.Worker);
        });

    /// <summary>The inputs of starts, at the time of the session's variable.</summary>
    public static void AddInputs(Exchange exchange, IReadOnlyCollection<StartOperation> starts, Database database) =>
        exchange.AddValues(database.Sql.InsertEntries, starts, (row, start) =>
        {
            var input = start.Input;
            row.Add(start.Id, database.Namespace)
                .Add(0).Add((long)input.Kind).Add("").Add(0).Add(0).Add(value: false).Add(input.Input)
                .Add(input.Output).AddNow().AddNow().Add(input.Attempt).Add(input.Epoch).Add(0).Add(input.Worker);
        });

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
