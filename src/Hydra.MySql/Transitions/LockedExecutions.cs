using Hydra.MySql.Connections;
using Hydra.Relational.Deciding;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Locks executions within a transaction, and reads behind the locks where their journals end.</summary>
internal static class LockedExecutions
{
    public static Task<TransactionImage> ReadAsync(
        Exchange exchange, IReadOnlyCollection<ExecutionId> ids, Database database) =>
        ReadAsync(exchange, ids, database.Sql.LockExecutions, static statement => statement, database);

    /// <param name="exchange">In a transaction that has no locks of executions.</param>
    /// <param name="ids">Which ones.</param>
    /// <param name="statement">Locks them, or those of them that it is about.</param>
    /// <param name="bind">Binds what the statement needs besides.</param>
    /// <param name="database">The database.</param>
    public static async Task<TransactionImage> ReadAsync(
        Exchange exchange,
        IReadOnlyCollection<ExecutionId> ids,
        string statement,
        Func<MySqlBatchCommand, MySqlBatchCommand> bind,
        Database database)
    {
        var ordered = LockOrder.Of(ids);
        exchange.SetNow();
        bind(exchange.AddRows(statement, JsonRows.Of(ordered, static id => id)));
        exchange.AddRows(database.Sql.ReadLasts, JsonRows.Of(ordered, static id => id));
        exchange.AddNow();
        await exchange.SendAsync();
        var locked = await exchange.ReadAsync(Database.Rows.Stored);
        var lasts = await exchange.ReadAsync(TransactionReader.Tail);
        var image = new TransactionImage(await exchange.ReadNowAsync());
        await exchange.EndAsync();
        locked.ForEach(image.Add);
        TransactionReader.Note(lasts, image);
        return image;
    }
}
