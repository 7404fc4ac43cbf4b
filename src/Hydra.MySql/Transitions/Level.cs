using Hydra.MySql.Connections;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>One part of the live index: a workflow's unowned executions of one priority, suspects or not.</summary>
/// <param name="Workflow">The workflow.</param>
/// <param name="Priority">The priority.</param>
/// <param name="Suspect">Whether it is the part of suspects.</param>
/// <param name="First">When the first of them is due; never when there is none.</param>
internal sealed record Level(string Workflow, int Priority, bool Suspect, Instant First)
{
    /// <summary>Workflows as rows, each with the number that stands for it in the answer.</summary>
    public static string Numbered(IReadOnlyList<string> workflows)
    {
        var rows = new JsonRows();
        for (var i = 0; i < workflows.Count; i++)
        {
            rows.Row(i).Add(workflows[i]).End();
        }

        return rows.ToString();
    }

    public static Level Read(MySqlDataReader row, IReadOnlyList<string> workflows) => new(
        workflows[row.GetInt32(0)],
        row.GetInt32(1),
        row.GetBoolean(2),
        Rows.TimeOrNull(row, 3) ?? Instant.Never);
}
