using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Reads the ends of journals into the image of a transaction.</summary>
internal static class TransactionReader
{
    public static void AddTails(
        Exchange exchange, IReadOnlyList<(ExecutionId Execution, long Seq)> tails, PostgreSqlSql sql) =>
        exchange.AddScoped(sql.ReadTails)
            .BindIds(tails, static tail => tail.Execution)
            .Bind(tails.Column(static tail => tail.Seq));

    public static (ExecutionId Execution, long Seq, long Epoch, Instant At) Tail(NpgsqlDataReader row) =>
        (Database.Rows.Id(row, 0), row.GetInt64(1), row.GetInt64(2), Rows.Time(row, 3));

    public static void Note(
        List<(ExecutionId Execution, long Seq, long Epoch, Instant At)> entries, TransactionImage image)
    {
        foreach (var entry in entries)
        {
            image.Find(entry.Execution)?.Tail.Note(entry.Seq, entry.Epoch, entry.At);
        }
    }

    public static (ExecutionId Execution, ExecutionEnd End) End(NpgsqlDataReader row) => (
        Database.Rows.Id(row, 0), new ExecutionEnd(row.GetBoolean(1), row.GetString(2), Rows.Payload(row, 3)));

    public static (ExecutionId Execution, WaitingTry Try) Wait(NpgsqlDataReader row) =>
        (Database.Rows.Id(row, 0), new WaitingTry(row.GetInt64(1), row.GetInt32(2), Rows.Time(row, 3)));

    public static void Note(
        List<(ExecutionId Execution, ExecutionEnd End)> ends,
        List<(ExecutionId Execution, WaitingTry Try)> waits,
        TransactionImage image)
    {
        foreach (var (id, end) in ends)
        {
            if (image.Find(id) is { } execution)
            {
                execution.End = end;
            }
        }

        foreach (var (id, wait) in waits)
        {
            image.Find(id)?.Waiting.Add(wait);
        }
    }
}
