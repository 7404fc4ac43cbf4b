using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>
/// Inserts executions: owned at once by the session that starts them, or left to whoever claims them.
/// </summary>
internal sealed class StartTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _insert = connection.Prepare(SqliteSql.InsertExecution, @namespace);

    private Statement InsertOrigin => field ??= connection.Prepare(SqliteSql.InsertOrigin);

    /// <summary>Inserts what is not there, and adds to the image what is there now under the ids and keys.</summary>
    public void Insert(List<StartOperation> starts, TransactionImage image)
    {
        var (last, exists) = (SessionId.None, false); // Nearly all of them name the same session.
        foreach (var start in starts)
        {
            if (start.Owner != last)
            {
                (last, exists) = (start.Owner, transitions.Sessions.Exists(start.Owner));
            }

            var row = StartDecision.Row(start, image.Now, exists);
            if (Insert(row))
            {
                var number = connection.LastInserted;
                transitions.Writer.Insert(number, start.Input, image.Now, image.Now);
                InsertExtras(number, start);
                image.Add(new StoredExecution(row) { Number = number });
            }
            else
            {
                AddWhatIsThere(start, image);
            }
        }
    }

    private bool Insert(ExecutionRow row) => _insert.Bind(2, row.Id)
        .Bind(3, row.Workflow)
        .Bind(4, row.Key)
        .Bind(5, row.InputHash)
        .Bind(6, (long)row.Priority)
        .Bind(7, row.MaxAttempts)
        .Bind(8, Rows.Micros(row.RetryBackoff))
        .Bind(9, row.CreatedAt.Micros)
        .Bind(10, (long)row.State)
        .Bind(11, row.Epoch)
        .Bind(12, row.Owner.Value)
        .Bind(13, row.DueAt.Micros)
        .Bind(14, row.Deadline)
        .Bind(15, row.StartedAt)
        .Bind(16, row.LastSeq)
        .Run() > 0;

    /// <summary>What only few have: where they come from, and entries to begin with.</summary>
    private void InsertExtras(long number, StartOperation start)
    {
        foreach (var entry in start.Prefix)
        {
            transitions.Writer.Insert(number, entry, entry.At, entry.StartedAt);
        }

        if (start.Origin is { } origin)
        {
            var insert = InsertOrigin.Bind(1, number).Bind(2, (long)origin.Kind);
            _ = origin.Source is { } source ? insert.Bind(3, source) : insert.BindNull(3);
            insert.Bind(4, origin.Name)
                .Bind(5, origin.Seq)
                .Bind(6, origin.At)
                .Bind(7, (long)origin.Edits)
                .Run();
        }
    }

    private void AddWhatIsThere(StartOperation start, TransactionImage image)
    {
        transitions.Reader.Add(start.Id, image);
        if (start.Key is { } key)
        {
            transitions.Reader.AddKeyHolder(key, image);
        }
    }
}
