using Hydra.PostgreSql.Connections;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>An execution that a statement has just inserted; one under epoch 1 is owned as its start asked.</summary>
internal readonly record struct InsertedStart(ExecutionId Id, long Epoch, Instant DueAt, Instant CreatedAt)
{
    public static InsertedStart Read(NpgsqlDataReader row) =>
        new(Database.Rows.Id(row, 0), row.GetInt64(1), Rows.Time(row, 2), Rows.Time(row, 3));

    public OperationAnswer Answer => new()
    {
        Kind = AnswerKind.Started,
        Id = Id,
        Owned = Epoch == 1,
        DueAt = Epoch == 1 ? CreatedAt : DueAt, // A direct start is due when its attempt begins.
        State = Epoch == 1 ? ExecutionState.Running : ExecutionState.Pending,
    };
}
