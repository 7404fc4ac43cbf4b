using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using Hydra.EntityFrameworkCore.Mapping;
using Hydra.Relational.Deciding;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore;

/// <summary>The tables of an engine as a context maps them, into which it saves what a client starts.</summary>
internal sealed class SavedStarts
{
    private static readonly ConditionalWeakTable<IWorkflowStore, ConcurrentDictionary<string, bool>> Verified = [];

    private readonly DbContext _context;
    private readonly HydraClient _client;
    private readonly IStartTables _tables;
    private readonly StartSchema _schema;
    private readonly PendingStarts _pending;

    /// <exception cref="InvalidOperationException">
    /// The context's model has no mapping, or one to other tables.
    /// </exception>
    /// <exception cref="ArgumentException">The context is of another kind of database than the engine's.</exception>
    public SavedStarts(DbContext context, HydraClient client)
    {
        _context = context;
        _client = client;
        _tables = client.Store.Transactions!.StartTables!;
        _schema = MappingOf(context, client.Store, _tables.Place);
        _pending = PendingStarts.Of(context);
        _pending.ForgetWhatIsOver();
    }

    /// <summary>The start with a key that the next SaveChanges inserts.</summary>
    public StartOperation? Find(string key) => _pending.Find(_tables.Place, _client.Namespace, key);

    /// <summary>Refuses a context of another database. Each that is known by its name is asked once.</summary>
    /// <exception cref="ArgumentException">It is another database than the engine's.</exception>
    public async Task EnsureSavedToEngineAsync(CancellationToken cancellationToken)
    {
        var connection = _context.Database.GetDbConnection();
        var verified = Verified.GetValue(_client.Store, static _ => []);

        // The whole of it: some drivers leave the port out of their DataSource.
        var place = $"{connection.DataSource}\0{connection.Database}\0{connection.ConnectionString}";
        if (_schema.IsToldByConnectionString && verified.ContainsKey(place))
        {
            return;
        }

        verified[place] = await AskAsync(
            async (transaction, token) =>
            {
                await _tables.EnsureSameAsync(connection, transaction, token);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The execution with a key as the context sees it within a transaction, where that is open: what was started in it
    /// nobody else sees yet.
    /// </summary>
    public Task<ExecutionRow?> FindInTransactionAsync(string key, CancellationToken cancellationToken)
    {
        var database = _context.Database;
        return database.CurrentTransaction is null && (database.GetEnlistedTransaction() ?? Transaction.Current) is null
            ? Task.FromResult<ExecutionRow?>(null)
            : AskAsync(
                (transaction, token) =>
                    _tables.FindByKeyAsync(database.GetDbConnection(), transaction, key, token),
                cancellationToken);
    }

    /// <summary>Adds rows for all of them to the context, or for none.</summary>
    public void Add(List<StartOperation> starts, Instant now)
    {
        var added = new List<PendingStart>(starts.Count);
        try
        {
            foreach (var start in starts)
            {
                var row = new StartRow(
                    _client.Namespace, StartDecision.Row(start, now, sessionExists: false), start.Input);
                added.Add(new PendingStart(_client, _tables.Place, start, row.Execution.DueAt, Track(row)));
            }
        }
        catch
        {
            added.ForEach(one => one.Detach(_context));
            throw;
        }

        _pending.Add(added);
    }

    /// <summary>Asks over the context's connection, within its transaction if it has one.</summary>
    /// <remarks>As the engine's own: execution strategies go on in the context that they are called in.</remarks>
    private Task<T> AskAsync<T>(
        Func<DbTransaction?, CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        _client.EnterAsync(() => _context.Database.CurrentTransaction is { } transaction
            ? ask(transaction.GetDbTransaction(), cancellationToken)
            : _context.Database.CreateExecutionStrategy().ExecuteAsync(
                async token =>
                {
                    await _context.Database.OpenConnectionAsync(token);
                    try
                    {
                        return await ask(null, token);
                    }
                    finally
                    {
                        await _context.Database.CloseConnectionAsync();
                    }
                },
                cancellationToken));

    private List<(StartTable Table, Dictionary<string, object> Values)> Track(StartRow row)
    {
        var rows = new List<(StartTable Table, Dictionary<string, object> Values)>(_schema.Tables.Count);
        EntityEntry? execution = null;
        try
        {
            foreach (var table in _schema.Tables.Where(table => !table.IsForKeys || row.Execution.Key is not null))
            {
                var values = ValuesOf(table, row, execution);
                rows.Add((table, values));
                var entry = _context.Set<Dictionary<string, object>>(table.Entity).Add(values);
                execution ??= entry;
            }

            return rows;
        }
        catch
        {
            PendingStart.Detach(_context, rows);
            throw;
        }
    }

    private Dictionary<string, object> ValuesOf(StartTable table, StartRow row, EntityEntry? execution)
    {
        var values = new Dictionary<string, object>(table.Columns.Length + 1);
        foreach (var column in table.Columns)
        {
            if (column.Read(row) is { } value)
            {
                values[column.Name] = value;
            }
        }

        if (table.NumberOfExecution is { } reference)
        {
            values[reference] = new ExecutionNumber(execution!.Property(_schema.Tables[0].Number!));
        }

        return values;
    }

    private static StartSchema MappingOf(DbContext context, IWorkflowStore store, string place)
    {
        var schema = StartSchema.Of(context.Database.ProviderName);
        if (schema?.Store != store.Capabilities.Name)
        {
            throw new ArgumentException(
                $"The {context.GetType().Name} saves to a database of {context.Database.ProviderName}, and the engine "
                + $"keeps its executions in {store.Capabilities.Name}. Nothing can make two databases commit together: "
                + "use one for both, or start after the commit.");
        }

        foreach (var table in schema.Tables)
        {
            var type = context.Model.FindEntityType(table.Entity);
            if (type is null)
            {
                throw new InvalidOperationException(
                    $"The {context.GetType().Name} does not map the starts of executions. Call "
                    + $"modelBuilder.AddHydra(Database) at the end of its OnModelCreating.");
            }

            if (type.GetTableName() != schema.NameIn(place, table)
                || (schema.SchemaIn(place) is { } expected && type.GetSchema() != expected))
            {
                throw new InvalidOperationException(
                    $"The {context.GetType().Name} maps the starts of executions to "
                    + $"{type.GetSchemaQualifiedTableName()}, and the engine's tables are elsewhere. Call "
                    + $"modelBuilder.AddHydra(Database, \"{place}\") at the end of its OnModelCreating.");
            }
        }

        return schema;
    }
}
