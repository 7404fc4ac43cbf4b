using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Deletes executions that have ended, with all that belongs to them.</summary>
internal sealed class DeleteTransition(Connection connection, string @namespace)
{
    private readonly Statement _find = connection.Prepare(SqliteSql.FindEnded, @namespace);

    private readonly Statement[] _deletes =
    [
        connection.Prepare(SqliteSql.DeleteJournal),
        connection.Prepare(SqliteSql.DeleteAttempts),
        connection.Prepare(SqliteSql.DeleteCrashes),
        connection.Prepare(SqliteSql.DeleteRefusals),
        connection.Prepare(SqliteSql.DeleteOrigin),
        connection.Prepare(SqliteSql.DeleteExecution),
    ];

    public IReadOnlyList<ExecutionId> Delete(IReadOnlyList<EndedRow> executions)
    {
        var deleted = new List<ExecutionId>();
        foreach (var ended in executions)
        {
            if (Find(ended) is { } number)
            {
                foreach (var delete in _deletes)
                {
                    delete.Bind(1, number).Run();
                }

                deleted.Add(ended.Id);
            }
        }

        return deleted;
    }

    private long? Find(EndedRow ended)
    {
        long? number = _find.Bind(2, ended.Id).Bind(3, ended.Epoch).Step() ? _find.Number(0) : null;
        _find.Reset();
        return number;
    }
}
