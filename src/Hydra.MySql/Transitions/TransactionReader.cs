using Hydra.MySql.Connections;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Reads the ends of journals into the image of a transaction.</summary>
internal static class TransactionReader
{
    /// <summary>Adds the reads of tails: one where the seq is known, one where it is the last.</summary>
    public static void AddTails(
        Exchange exchange, IReadOnlyList<(ExecutionId Execution, long Seq)> tails, Database database)
    {
        exchange.AddRows(database.Sql.ReadTails, JsonRows.Of(
            tails.Where(static tail => tail.Seq != CommitPlan.LastOnly),
            static tail => tail.Execution,
            static (row, tail) => row.Add(tail.Seq)));
        exchange.AddRows(database.Sql.ReadLasts, JsonRows.Of(
            tails.Where(static tail => tail.Seq == CommitPlan.LastOnly), static tail => tail.Execution));
    }

    public static async Task<List<(ExecutionId Execution, long Seq, long Epoch, Instant At)>> ReadTailsAsync(
        Exchange exchange) => [.. await exchange.ReadAsync(Tail), .. await exchange.ReadAsync(Tail)];

    public static (ExecutionId Execution, long Seq, long Epoch, Instant At) Tail(MySqlDataReader row) =>
        (Database.Rows.Id(row, 0), row.GetInt64(1), row.GetInt64(2), Rows.Time(row, 3));

    public static void Note(
        List<(ExecutionId Execution, long Seq, long Epoch, Instant At)> entries, TransactionImage image)
    {
        foreach (var entry in entries)
        {
            image.Find(entry.Execution)?.Tail.Note(entry.Seq, entry.Epoch, entry.At);
        }
    }

    public static (ExecutionId Execution, ExecutionEnd End) End(MySqlDataReader row) => (
        Database.Rows.Id(row, 0), new ExecutionEnd(row.GetBoolean(1), row.GetString(2), Rows.Payload(row, 3)));

    public static (ExecutionId Execution, WaitingTry Try) Wait(MySqlDataReader row) =>
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
