using System.Text;

namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>The tables of MySQL and MariaDB, where text is kept as its bytes and keys have a table.</summary>
internal sealed class MySqlStarts : StartSchema
{
    public override string Store => "mysql";

    public override IReadOnlyList<string> Providers => ["Pomelo.EntityFrameworkCore.MySql"];

    public override string DefaultPlace => "hydra_";

    public override IReadOnlyList<StartTable> Tables { get; } =
    [
        new(StartTable.Executions, "executions", ["shard", "namespace", "id"],
        [
            Column("shard", static row => row.Execution.Id.Shard),
            Column("namespace", static row => Text(row.Namespace)),
            Column("id", static row => row.Execution.Id.ToByteArray()),
            Column("workflow", static row => Text(row.Execution.Workflow)),
            Column("key", static row => row.Execution.Key is { } key ? Text(key) : null),
            Column("input_hash", static row => Text(row.Execution.InputHash)),
            Column("priority", static row => (sbyte)row.Execution.Priority),
            Column("max_attempts", static row => row.Execution.MaxAttempts),
            Column("retry_backoff", static row => Micros(row.Execution.RetryBackoff)),
            Column("created_at", static row => row.Execution.CreatedAt.Micros),
            Column("state", static row => (sbyte)row.Execution.State),
            Column("epoch", static row => row.Execution.Epoch),
            Column("owner", static row => row.Execution.Owner.Value),
            Column("due_at", static row => row.Execution.DueAt.Micros),
            Column("deadline", static row => row.Execution.Deadline?.Micros),
        ]),
        new(StartTable.Journal, "journal", ["shard", "namespace", "execution", "seq"],
        [
            Column("shard", static row => row.Execution.Id.Shard),
            Column("namespace", static row => Text(row.Namespace)),
            Column("execution", static row => row.Execution.Id.ToByteArray()),
            Column("seq", static row => row.Input.Seq),
            Column("kind", static row => (sbyte)row.Input.Kind),
            Column("key", static row => Text(row.Input.Key)),
            Column("position", static row => row.Input.Position),
            Column("ordinal", static row => row.Input.Ordinal),
            Column("failed", static row => (sbyte)(row.Input.Failed ? 1 : 0)),
            Column("input", static row => Bytes(row.Input.Input)),
            Column("at", static row => row.Execution.CreatedAt.Micros),
            Column("started_at", static row => row.Execution.CreatedAt.Micros),
            Column("attempt", static row => row.Input.Attempt),
            Column("epoch", static row => row.Input.Epoch),
            Column("origin_seq", static row => row.Input.OriginSeq),
            Column("worker", static row => Text(row.Input.Worker)),
        ]),
        new(StartTable.StartKeys, "start_keys", ["shard", "namespace", "key"],
        [
            Column("shard", static row => row.Execution.Id.Shard),
            Column("namespace", static row => Text(row.Namespace)),
            Column("key", static row => Text(row.Execution.Key!)),
            Column("execution", static row => row.Execution.Id.ToByteArray()),
        ]) { IsForKeys = true },
    ];

    public override string NameIn(string place, StartTable table) => place + table.Name;

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
