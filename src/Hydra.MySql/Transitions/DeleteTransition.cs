using Hydra.MySql.Connections;

namespace Hydra.MySql.Transitions;

/// <summary>Deletes executions that have ended, with all that belongs to them and the keys that they hold.</summary>
/// <remarks>
/// One round trip locks the outcomes, another their keys, passing over what somebody else holds: it waits for nobody,
/// so nobody can wait for it in a circle. The last one deletes what is locked in both tables, and commits. What has
/// ended never gets another row, since all that writes one asks for an execution that runs, or locks it.
/// </remarks>
internal sealed class DeleteTransition(Database database)
{
    public Task<IReadOnlyList<ExecutionId>> DeleteAsync(IReadOnlyList<EndedRow> executions) =>
        database.RunAsync<IReadOnlyList<ExecutionId>>(async exchange =>
        {
            if (executions.Count == 0)
            {
                return [];
            }

            exchange.Begin();
            var locked = await LockAsync(exchange, executions);
            var keyed = locked.FindAll(static one => one.Key is not null);
            if (keyed.Count > 0)
            {
                var free = await LockKeysAsync(exchange, keyed);
                locked.RemoveAll(one => one.Key is not null && !free.Contains(one.Id));
                keyed.RemoveAll(one => !free.Contains(one.Id));
            }

            if (locked.Count == 0)
            {
                await exchange.UndoAsync();
                return [];
            }

            AddDeletes(exchange, locked, keyed);
            exchange.Commit();
            await exchange.SendAsync();
            await exchange.EndAsync();
            return locked.ConvertAll(static one => one.Id);
        });

    private async Task<List<(ExecutionId Id, string? Key)>> LockAsync(
        Exchange exchange, IReadOnlyList<EndedRow> executions)
    {
        var ordered = LockOrder.Of(executions, static ended => ended.Id);
        exchange.AddRows(
            database.Sql.LockOutcomes,
            JsonRows.Of(ordered, static ended => ended.Id, static (row, ended) => row.Add(ended.Epoch)));
        await exchange.SendAsync();
        var locked = await exchange.ReadAsync(
            static row => (Database.Rows.Id(row, 0), row.IsDBNull(1) ? null : row.GetString(1)));
        await exchange.EndAsync();
        return locked;
    }

    private async Task<HashSet<ExecutionId>> LockKeysAsync(
        Exchange exchange, List<(ExecutionId Id, string? Key)> keyed)
    {
        exchange.AddRows(database.Sql.LockKeysOfOutcomes, WithKeys(keyed));
        await exchange.SendAsync();
        var free = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
        await exchange.EndAsync();
        return [.. free];
    }

    private void AddDeletes(
        Exchange exchange, List<(ExecutionId Id, string? Key)> locked, List<(ExecutionId Id, string? Key)> keyed)
    {
        var rows = JsonRows.Of(locked, static one => one.Id);
        exchange.AddRows(database.Sql.DeleteJournals, rows);
        exchange.AddRows(database.Sql.DeleteAttempts, rows);
        exchange.AddRows(database.Sql.DeleteCrashes, rows);
        exchange.AddRows(database.Sql.ForgetRefusals, rows);
        exchange.AddRows(database.Sql.DeleteOrigins, rows);
        if (keyed.Count > 0)
        {
            exchange.AddRows(database.Sql.DeleteKeys, WithKeys(keyed));
        }

        exchange.AddRows(database.Sql.DeleteOutcomes, rows);
    }

    private static string WithKeys(List<(ExecutionId Id, string? Key)> keyed) =>
        JsonRows.Of(keyed, static one => one.Id, static (row, one) => row.Add(one.Key));
}
