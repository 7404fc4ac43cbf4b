namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>The tables of SQLite, where the file numbers the executions and the journal refers to the number.</summary>
internal sealed class SqliteStarts : StartSchema
{
    public override string Store => "sqlite";

    public override IReadOnlyList<string> Providers => ["Microsoft.EntityFrameworkCore.Sqlite"];

    public override string DefaultPlace => "";

    public override IReadOnlyList<StartTable> Tables { get; } =
    [
        new(StartTable.Executions, "executions", ["number"],
        [
            Column("namespace", static row => row.Namespace),
            Column("id", static row => row.Execution.Id.ToByteArray()),
            Column("workflow", static row => row.Execution.Workflow),
            Column("key", static row => row.Execution.Key),
            Column("input_hash", static row => row.Execution.InputHash),
            Column("priority", static row => (long)row.Execution.Priority),
            Column("max_attempts", static row => (long)row.Execution.MaxAttempts),
            Column("retry_backoff", static row => Micros(row.Execution.RetryBackoff)),
            Column("created_at", static row => row.Execution.CreatedAt.Micros),
            Column("state", static row => (long)row.Execution.State),
            Column("epoch", static row => row.Execution.Epoch),
            Column("owner", static row => row.Execution.Owner.Value),
            Column("due_at", static row => row.Execution.DueAt.Micros),
            Column("deadline", static row => row.Execution.Deadline?.Micros),
        ]) { Number = "number" },
        new(StartTable.Journal, "journal", ["execution", "seq"],
        [
            Column("seq", static row => row.Input.Seq),
            Column("kind", static row => (long)row.Input.Kind),
            Column("key", static row => row.Input.Key),
            Column("position", static row => (long)row.Input.Position),
            Column("ordinal", static row => (long)row.Input.Ordinal),
            Column("failed", static row => row.Input.Failed ? 1L : 0L),
            Column("input", static row => Bytes(row.Input.Input)),
            Column("at", static row => row.Execution.CreatedAt.Micros),
            Column("started_at", static row => row.Execution.CreatedAt.Micros),
            Column("attempt", static row => (long)row.Input.Attempt),
            Column("epoch", static row => row.Input.Epoch),
            Column("origin_seq", static row => row.Input.OriginSeq),
            Column("worker", static row => row.Input.Worker),
        ]) { NumberOfExecution = "execution" },
    ];

    /// <summary>Other files may be attached at any time.</summary>
    public override bool IsToldByConnectionString => false;

    public override string NameIn(string place, StartTable table) => "hydra_" + table.Name;
}
