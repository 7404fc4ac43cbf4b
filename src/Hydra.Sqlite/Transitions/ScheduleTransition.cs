using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Changes schedules, together with what they start and cancel.</summary>
internal sealed class ScheduleTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _find = connection.Prepare(SqliteSql.FindSchedule, @namespace);
    private readonly Statement _write = connection.Prepare(SqliteSql.WriteSchedule, @namespace);
    private readonly Statement _delete = connection.Prepare(SqliteSql.DeleteSchedule, @namespace);

    public ScheduleAnswer Apply(ScheduleChange change)
    {
        StoreRules.Validate(change);
        var current = Rows.FirstOrNull(_find.Bind(2, change.Name), Rows.Schedule);
        if (!change.Fits(current))
        {
            return new ScheduleAnswer(transitions.Now, IsApplied: false, current, []);
        }

        var row = change.Apply(current, transitions.Now);
        if (row is null)
        {
            _delete.Bind(2, change.Name).Run();
        }
        else if (row != current)
        {
            Write(row);
        }

        var answer = transitions.Commit(new CommitBatch(SessionId.None, change.Operations));
        return new ScheduleAnswer(transitions.Now, IsApplied: true, row, answer.Answers);
    }

    private void Write(ScheduleRow row) => _write.Bind(2, row.Name)
        .Bind(3, row.Workflow)
        .Bind(4, row.ChangeId)
        .Bind(5, row.DueAt)
        .Bind(6, row.Paused ? 1 : 0)
        .Bind(7, row.Definition)
        .Bind(8, row.Progress)
        .Bind(9, row.Input)
        .Bind(10, row.CreatedAt)
        .Bind(11, row.ChangedAt)
        .Run();
}
