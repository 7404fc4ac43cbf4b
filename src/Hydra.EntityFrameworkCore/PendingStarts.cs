using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Transactions;
using Hydra.EntityFrameworkCore.Mapping;
using Hydra.Relational.Deciding;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore;

/// <summary>The starts that a context has not saved yet.</summary>
/// <remarks>
/// They are rows that it inserts, like those of any entity. When it has saved, workers are told: with the commit where
/// it saved within a transaction, else at once. It hears of that by an event, so nothing has to be registered.
/// </remarks>
internal sealed class PendingStarts
{
    private static readonly ConditionalWeakTable<DbContext, PendingStarts> All = [];
    private static readonly ConditionalWeakTable<IWorkflowStore, ConcurrentDictionary<string, bool>> Verified = [];

    private readonly DbContext _context;
    private readonly HydraClient _client;
    private readonly IStartTables _tables;
    private readonly StartSchema _schema;
    private readonly List<(StartOperation Start, Instant DueAt, EntityEntry Entry)> _starts = [];

    private PendingStarts(DbContext context, HydraClient client)
    {
        _context = context;
        _client = client;
        _tables = client.Store.Transactions!.StartTables!;
        _schema = MappingOf(context, client.Store, _tables.Place);
    }

    /// <exception cref="InvalidOperationException">
    /// The context's model has no mapping, or one to other tables.
    /// </exception>
    /// <exception cref="ArgumentException">The context is of another kind of database than the engine's.</exception>
    public static PendingStarts Of(DbContext context, HydraClient client)
    {
        if (!All.TryGetValue(context, out var pending) || pending._client != client)
        {
            pending = new PendingStarts(context, client);
            All.AddOrUpdate(context, pending);
        }

        return pending;
    }

    /// <summary>The start with a key that the next SaveChanges inserts.</summary>
    public StartOperation? Find(string key) =>
        _starts.Find(one => one.Start.Key == key && one.Entry.State == EntityState.Added).Start;

    /// <summary>Refuses a context of another database. Each is asked once.</summary>
    /// <exception cref="ArgumentException">It is another database than the engine's.</exception>
    public async Task EnsureSavedToEngineAsync(CancellationToken cancellationToken)
    {
        var connection = _context.Database.GetDbConnection();
        var verified = Verified.GetValue(_client.Store, static _ => []);
        var place = $"{connection.DataSource}\0{connection.Database}";
        if (verified.ContainsKey(place))
        {
            return;
        }

        if (_context.Database.CurrentTransaction is { } transaction)
        {
            await _tables.EnsureSameAsync(connection, transaction.GetDbTransaction(), cancellationToken);
        }
        else
        {
            await _context.Database.CreateExecutionStrategy().ExecuteAsync(AskAsync, cancellationToken);
        }

        verified[place] = true;
    }

    public void Add(List<StartOperation> starts, Instant now)
    {
        if (starts.Count == 0)
        {
            return;
        }

        // Once for each context, also for one that a pool has reset.
        _context.SavingChanges -= OnSaving;
        _context.SavingChanges += OnSaving;
        _context.SavedChanges -= OnSaved;
        _context.SavedChanges += OnSaved;
        _context.SaveChangesFailed -= OnFailed;
        _context.SaveChangesFailed += OnFailed;
        foreach (var start in starts)
        {
            var row = new StartRow(_client.Namespace, StartDecision.Row(start, now, sessionExists: false), start.Input);
            _starts.Add((start, row.Execution.DueAt, Track(row)));
        }
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        await _context.Database.OpenConnectionAsync(cancellationToken);
        try
        {
            await _tables.EnsureSameAsync(_context.Database.GetDbConnection(), null, cancellationToken);
        }
        finally
        {
            await _context.Database.CloseConnectionAsync();
        }
    }

    private EntityEntry Track(StartRow row)
    {
        EntityEntry? execution = null;
        foreach (var table in _schema.Tables)
        {
            if (table.IsForKeys && row.Execution.Key is null)
            {
                continue;
            }

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

            var entry = _context.Set<Dictionary<string, object>>(table.Entity).Add(values);
            execution ??= entry;
        }

        return execution!;
    }

    /// <exception cref="InvalidOperationException">
    /// Rows would be committed one by one, and the start with them or without.
    /// </exception>
    private void OnSaving(object? sender, SavingChangesEventArgs arguments)
    {
        var database = _context.Database;
        if (database.AutoTransactionBehavior == AutoTransactionBehavior.Never && database.CurrentTransaction is null
            && (database.GetEnlistedTransaction() ?? Transaction.Current) is null
            && _starts.Exists(static one => one.Entry.State == EntityState.Added))
        {
            throw new InvalidOperationException(
                $"The {_context.GetType().Name} has starts of executions to save, and its AutoTransactionBehavior is "
                + "Never: its rows would be committed one by one, and an execution could be there without the rest. "
                + "Nothing was saved. Begin a transaction (Database.BeginTransactionAsync), or let the context do so.");
        }
    }

    private void OnSaved(object? sender, SavedChangesEventArgs arguments)
    {
        var saved = _starts.FindAll(one => one.Entry.State is EntityState.Added or EntityState.Unchanged);

        // What has been saved and is still Added is saved again, should the context's own transaction be repeated.
        _starts.RemoveAll(static one => one.Entry.State != EntityState.Added);
        if (saved.Count == 0)
        {
            return;
        }

        var dueAt = saved.Min(static one => one.DueAt);
        if (_context.Database.CurrentTransaction is { } transaction)
        {
            _tables.Announce(transaction.GetDbTransaction());
        }
        else if ((_context.Database.GetEnlistedTransaction() ?? Transaction.Current) is { } ambient)
        {
            ambient.TransactionCompleted += (_, completed) =>
            {
                if (completed.Transaction?.TransactionInformation.Status == TransactionStatus.Committed)
                {
                    Announce(dueAt);
                }
            };
        }
        else
        {
            Announce(dueAt);
        }
    }

    /// <summary>A save that failed may have been committed all the same.</summary>
    private void OnFailed(object? sender, SaveChangesFailedEventArgs arguments)
    {
        var tried = _starts.FindAll(static one => one.Entry.State == EntityState.Added);
        if (tried.Count > 0 && _context.Database.CurrentTransaction is null)
        {
            Announce(tried.Min(static one => one.DueAt));
        }
    }

    private void Announce(Instant dueAt)
    {
        _client.Expect(dueAt);
        _tables.Announce(null);
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
