using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Deciding;

namespace Hydra.MySql.Transitions;

/// <summary>
/// The starts of a batch of which some may be there already: what is read of them, and what is inserted.
/// </summary>
/// <remarks>
/// Keys are taken first, which is all that may wait for a stranger's transaction. What is there, by id or by key, is
/// read behind that; a row that another transaction of the same start inserts meanwhile fails this one, which is then
/// repeated.
/// </remarks>
/// <param name="starts">The starts.</param>
/// <param name="areEnlisted">
/// Whether they are a user's, within a transaction of the user's own: none of them can have been made before, and who
/// has their keys is looked for over another connection, since at SERIALIZABLE what is read is locked.
/// </param>
internal sealed class StartPlan(List<StartOperation> starts, bool areEnlisted = false)
{
    private readonly List<StartOperation> _keyed = StartStatements.InKeyOrder(starts);
    private readonly List<SessionId> _owners =
        [.. starts.Select(static start => start.Owner).Where(static owner => owner != SessionId.None).Distinct()];

    private readonly HashSet<SessionId> _living = [];
    private readonly List<StartOperation> _created = [];
    private Dictionary<string, ExecutionId> _holders = [];

    public void AddKeys(Exchange exchange, Database database)
    {
        if (_keyed.Count > 0)
        {
            StartStatements.AddKeys(exchange, _keyed, database);
        }
    }

    public void AddReads(Exchange exchange, Database database)
    {
        if (!areEnlisted)
        {
            var ids = JsonRows.Of(starts, static start => start.Id);
            exchange.AddRows(database.Sql.ReadExecutions, ids);
            exchange.AddRows(database.Sql.ReadOutcomes, ids);
        }

        if (_keyed.Count > 0)
        {
            exchange.AddRows(database.Sql.ReadKeys, StartStatements.Keys(_keyed));
            if (!areEnlisted)
            {
                exchange.AddRows(database.Sql.ReadKeyHolders, StartStatements.Keys(_keyed));
            }
        }

        foreach (var owner in _owners)
        {
            exchange.AddScoped(database.Sql.SetAlive).Bind("@session", owner.Value);
            exchange.Add(MySqlSql.ReadAlive);
        }
    }

    /// <returns>Executions that are there, by id or by key.</returns>
    public async Task<List<StoredExecution>> ReadAsync(Exchange exchange)
    {
        var found = new List<StoredExecution>();
        if (!areEnlisted)
        {
            found.AddRange(await exchange.ReadAsync(Database.Rows.Stored));
            found.AddRange(await exchange.ReadAsync(Database.Rows.Stored));
        }

        if (_keyed.Count > 0)
        {
            var holders = await exchange.ReadAsync(static row => (Key: row.GetString(0), Id: Database.Rows.Id(row, 1)));
            _holders = holders.DistinctBy(static holder => holder.Key)
                .ToDictionary(static holder => holder.Key, static holder => holder.Id);
            if (!areEnlisted)
            {
                found.AddRange(await exchange.ReadAsync(Database.Rows.Stored));
            }
        }

        foreach (var owner in _owners)
        {
            if (await exchange.ReadOneAsync(static row => row.GetBoolean(0)))
            {
                _living.Add(owner);
            }
        }

        return found;
    }

    /// <summary>Who has the keys, is none of the starts, and is not in the image.</summary>
    public List<ExecutionId> UnseenHolders(TransactionImage image)
    {
        var own = starts.ConvertAll(static start => start.Id).ToHashSet();
        return [.. _holders.Values.Where(holder => image.Find(holder) is null && !own.Contains(holder)).Distinct()];
    }

    /// <summary>Adds to the image what will be inserted: what is not there, and whose key is its own.</summary>
    public void Create(TransactionImage image)
    {
        foreach (var start in starts)
        {
            if (image.Find(start.Id) is null && (start.Key is not { } key || _holders[key] == start.Id))
            {
                image.Add(new StoredExecution(StartDecision.Row(start, image.Now, _living.Contains(start.Owner))));
                var last = start.Prefix.Count == 0 ? start.Input with { At = image.Now } : start.Prefix[^1];
                image.Find(start.Id)!.Tail.Note(last.Seq, last.Epoch, last.At);
                _created.Add(start);
            }
        }
    }

    /// <returns>What is inserted; the entries of it are for the caller to add.</returns>
    public List<StartOperation> AddCreated(Exchange exchange, Instant now, Database database)
    {
        if (_created.Count > 0)
        {
            exchange.Add(MySqlSql.KeepNow).Bind("@micros", now.Micros);
        }

        foreach (var alike in _created.GroupBy(start => _living.Contains(start.Owner)))
        {
            exchange.Add(MySqlSql.KeepAlive).Bind("@exists", alike.Key ? 1 : 0);
            StartStatements.AddExecutions(exchange, alike, database);
        }

        StartStatements.AddExtras(exchange, _created, database);
        return _created;
    }
}
