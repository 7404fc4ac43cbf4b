namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>The tables of PostgreSQL.</summary>
internal sealed class PostgreSqlStarts : StartSchema
{
    public override string Store => "postgresql";

    public override IReadOnlyList<string> Providers => ["Npgsql.EntityFrameworkCore.PostgreSQL"];

    public override string DefaultPlace => "hydra";

    public override IReadOnlyList<StartTable> Tables { get; } =
    [
        new(StartTable.Executions, "executions", ["shard", "namespace", "id"],
        [
            Column("shard", static row => (short)row.Execution.Id.Shard),
            Column("namespace", static row => row.Namespace),
            Column("id", static row => row.Execution.Id.Value),
            Column("workflow", static row => row.Execution.Workflow),
            Column("key", static row => row.Execution.Key),
            Column("input_hash", static row => row.Execution.InputHash),
            Column("priority", static row => (short)row.Execution.Priority),
            Column("max_attempts", static row => row.Execution.MaxAttempts),
            Column("retry_backoff", static row => Micros(row.Execution.RetryBackoff)),
            Column("created_at", static row => row.Execution.CreatedAt.Micros),
            Column("state", static row => (short)row.Execution.State),
            Column("epoch", static row => row.Execution.Epoch),
            Column("owner", static row => row.Execution.Owner.Value),
            Column("due_at", static row => row.Execution.DueAt.Micros),
            Column("deadline", static row => row.Execution.Deadline?.Micros),
        ]),
        new(StartTable.Journal, "journal", ["execution", "seq", "shard", "namespace"],
        [
            Column("shard", static row => (short)row.Execution.Id.Shard),
            Column("namespace", static row => row.Namespace),
            Column("execution", static row => row.Execution.Id.Value),
            Column("seq", static row => row.Input.Seq),
            Column("kind", static row => (short)row.Input.Kind),
            Column("key", static row => row.Input.Key),
            Column("position", static row => row.Input.Position),
            Column("ordinal", static row => row.Input.Ordinal),
            Column("failed", static row => row.Input.Failed),
            Column("input", static row => Bytes(row.Input.Input)),
            Column("at", static row => row.Execution.CreatedAt.Micros),
            Column("attempt", static row => row.Input.Attempt),
            Column("epoch", static row => row.Input.Epoch),
            Column("origin_seq", static row => row.Input.OriginSeq == 0 ? null : (long?)row.Input.OriginSeq),
            Column("worker", static row => row.Input.Worker),
        ]),
    ];

    public override string SchemaIn(string place) => place;

    public override string NameIn(string place, StartTable table) => table.Name;
}
