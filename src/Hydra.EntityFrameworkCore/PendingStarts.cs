using System.Runtime.CompilerServices;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore;

/// <summary>The starts that a context has not saved yet, whoever started them.</summary>
/// <remarks>
/// When it has saved, workers are told: with the commit where it saved within a transaction, else at once. It hears of
/// that by an event, so nothing has to be registered.
/// </remarks>
internal sealed class PendingStarts
{
    private static readonly ConditionalWeakTable<DbContext, PendingStarts> All = [];

    private readonly DbContext _context;
    private readonly List<PendingStart> _starts = [];

    private PendingStarts(DbContext context) => _context = context;

    public static PendingStarts Of(DbContext context) =>
        All.GetValue(context, static context => new PendingStarts(context));

    /// <summary>The start with a key that the next SaveChanges inserts.</summary>
    public StartOperation? Find(string place, string @namespace, string key) => _starts.Find(
        one => one.Start.Key == key && one.Client.Namespace == @namespace && one.Place == place)?.Start;

    public void Add(IEnumerable<PendingStart> starts)
    {
        // Once for each context, also for one that a pool has reset.
        _context.SavingChanges -= OnSaving;
        _context.SavingChanges += OnSaving;
        _context.SavedChanges -= OnSaved;
        _context.SavedChanges += OnSaved;
        _context.SaveChangesFailed -= OnFailed;
        _context.SaveChangesFailed += OnFailed;
        _starts.AddRange(starts);
    }

    /// <summary>
    /// What has been saved is let go: should that be rolled back, its rows would stand in the way of those of the same
    /// key. What the context has let go of itself is no start any more.
    /// </summary>
    public void ForgetWhatIsOver() => _starts.RemoveAll(one =>
    {
        var state = one.StateIn(_context);
        if (state is EntityState.Unchanged)
        {
            one.Detach(_context);
        }

        return state != EntityState.Added;
    });

    /// <exception cref="InvalidOperationException">
    /// Rows would be committed one by one, and the start with them or without.
    /// </exception>
    private void OnSaving(object? sender, SavingChangesEventArgs arguments)
    {
        var database = _context.Database;
        if (database.AutoTransactionBehavior == AutoTransactionBehavior.Never && database.CurrentTransaction is null
            && (database.GetEnlistedTransaction() ?? Transaction.Current) is null
            && _starts.Exists(one => one.StateIn(_context) == EntityState.Added))
        {
            throw new InvalidOperationException(
                $"The {_context.GetType().Name} has starts of executions to save, and its AutoTransactionBehavior is "
                + "Never: its rows would be committed one by one, and an execution could be there without the rest. "
                + "Nothing was saved. Begin a transaction (Database.BeginTransactionAsync), or let the context do so.");
        }
    }

    private void OnSaved(object? sender, SavedChangesEventArgs arguments)
    {
        var saved = FindSaved();

        // What has been saved and is still Added is saved again, should the context's own transaction be repeated.
        ForgetWhatIsOver();
        foreach (var ofOne in saved.GroupBy(static one => one.Client))
        {
            ofOne.Key.CountEnlisted(ofOne.Select(static one => one.Start));
        }

        if (saved.Count == 0)
        {
            return;
        }

        if (_context.Database.CurrentTransaction is { } transaction)
        {
            foreach (var tables in saved.Select(static one => one.Client.Store.Transactions!.StartTables!).Distinct())
            {
                tables.Announce(transaction.GetDbTransaction());
            }
        }
        else if ((_context.Database.GetEnlistedTransaction() ?? Transaction.Current) is { } ambient)
        {
            ambient.TransactionCompleted += (_, completed) =>
            {
                if (completed.Transaction?.TransactionInformation.Status == TransactionStatus.Committed)
                {
                    Announce(saved);
                }
            };
        }
        else
        {
            Announce(saved);
        }
    }

    /// <summary>A save that failed may have been committed all the same.</summary>
    private void OnFailed(object? sender, SaveChangesFailedEventArgs arguments)
    {
        if (_context.Database.CurrentTransaction is null)
        {
            Announce(FindSaved());
        }
    }

    private List<PendingStart> FindSaved() =>
        _starts.FindAll(one => one.StateIn(_context) is EntityState.Added or EntityState.Unchanged);

    private static void Announce(List<PendingStart> starts)
    {
        foreach (var ofOne in starts.GroupBy(static one => one.Client))
        {
            ofOne.Key.Expect(ofOne.Min(static one => one.DueAt));
            ofOne.Key.Store.Transactions!.StartTables!.Announce(null);
        }
    }
}
