using Hydra.PostgreSql.Connections;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Deletes executions that have ended, with all that belongs to them.</summary>
/// <remarks>
/// One round trip locks their rows, a second one deletes and commits. What has ended never gets another row, since all
/// that writes one asks for an execution that runs, or locks it: so what the second one sees is all there is.
/// </remarks>
internal sealed class DeleteTransition(Database database)
{
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(50);

    public Task<IReadOnlyList<ExecutionId>> DeleteAsync(IReadOnlyList<EndedRow> executions) =>
        database.RunAsync<IReadOnlyList<ExecutionId>>(async exchange =>
        {
            if (executions.Count == 0)
            {
                return [];
            }

            exchange.LockWait = ShortWait; // Only where locked rows cannot be passed over is anything waited for.
            exchange.Begin();
            exchange.AddScoped(database.LockEnded)
                .BindIds(executions, static ended => ended.Id)
                .Bind(executions.Column(static ended => ended.Epoch));
            await exchange.SendAsync();
            var locked = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
            await exchange.EndAsync();

            if (locked.Count == 0)
            {
                await exchange.UndoAsync();
                return [];
            }

            AddDeletes(exchange, locked);
            exchange.Commit();
            await exchange.SendAsync();
            await exchange.EndAsync();
            return locked;
        });

    private void AddDeletes(Exchange exchange, List<ExecutionId> locked)
    {
        string[] deletes =
        [
            database.Sql.DeleteJournals,
            database.Sql.DeleteAttempts,
            database.Sql.DeleteCrashes,
            database.Sql.DeleteRefusals,
            database.Sql.DeleteOrigins,
            database.Sql.DeleteExecutions,
        ];
        foreach (var delete in deletes)
        {
            exchange.AddScoped(delete).BindIds(locked, static id => id);
        }
    }
}
