using Hydra.MySql.Connections;
using Hydra.MySql.Transitions;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Reading;

/// <summary>Forgets executions of a database. It has connections of the engine's.</summary>
internal sealed class MySqlRetention(Database database) : IRetentionStore
{
    private readonly DeleteTransition _deletes = new(database);

    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken)
    {
        StoreRules.ValidateEndedPage(limit);
        return database.RunAsync(
            async exchange =>
            {
                exchange.AddScoped(database.Sql.ListEndedInOrder)
                    .Bind("@after", Hexadecimal.Of(after ?? default))
                    .Bind("@before", Hexadecimal.Of(before))
                    .Bind("@limit", limit);
                await exchange.SendAsync(cancellationToken);
                var ended = await exchange.ReadAsync(Read, cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return new EndedPage(ended, ended.Count == limit ? ended[^1].Id : null);
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken)
    {
        StoreRules.Validate(executions);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<IReadOnlyList<ExecutionId>>(cancellationToken)
            : _deletes.DeleteAsync(executions).WaitAsync(cancellationToken);
    }

    private static EndedRow Read(MySqlDataReader row) => new(
        Database.Rows.Id(row, 0),
        row.GetString(1),
        (ExecutionState)row.GetInt32(2),
        row.GetInt64(3),
        row.GetInt64(4),
        Rows.Time(row, 5));
}
