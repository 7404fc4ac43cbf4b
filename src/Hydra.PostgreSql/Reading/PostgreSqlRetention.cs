using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Transitions;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Reading;

/// <summary>Forgets executions of a schema. It has connections of the engine's, and its plans.</summary>
internal sealed class PostgreSqlRetention(Database database) : IRetentionStore
{
    private readonly DeleteTransition _deletes = new(database);

    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken)
    {
        StoreRules.ValidateEndedPage(limit);
        var share = ShardShare.Of(limit);
        return database.RunAsync(
            async exchange =>
            {
                exchange.Begin();
                exchange.AddScoped(database.Sql.ListEnded)
                    .Bind((after ?? default).Value).Bind(before.Value).Bind((long)limit).Bind((long)share);
                exchange.Commit(writes: false);
                await exchange.SendAsync(cancellationToken);
                var rows = await exchange.ReadAsync(Read, cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return Page(rows, limit, share);
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

    private static EndedPage Page(List<(ExecutionId Id, EndedRow? Ended)> rows, int limit, int share)
    {
        var (certain, more) = ShardShare.CountCertain(rows.ConvertAll(static row => row.Id), share);
        return new EndedPage(
            [.. rows.Take(certain).Select(static row => row.Ended).OfType<EndedRow>()],
            more || rows.Count == limit ? rows[certain - 1].Id : null);
    }

    private static (ExecutionId Id, EndedRow? Ended) Read(NpgsqlDataReader row)
    {
        var id = Database.Rows.Id(row, 0);
        return (id, Rows.TimeOrNull(row, 5) is { } finishedAt
            ? new EndedRow(
                id, row.GetString(1), (ExecutionState)row.GetInt32(2), row.GetInt64(3), row.GetInt64(4), finishedAt)
            : null);
    }
}
