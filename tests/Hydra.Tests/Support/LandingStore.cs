using System.Data;
using System.Data.Common;
using Hydra.Memory;
using Hydra.Storage;

namespace Hydra.Tests.Support;

/// <summary>A store in memory with transactions: what is landed in one is there from its commit on.</summary>
internal sealed class LandingStore : WatchedStore, ITransactionalStore
{
    private readonly InMemoryDatabase _database;
    private readonly ChangeSignal _signal;
    private readonly NamespaceTables _tables;

    public LandingStore(InMemoryDatabase database, int places = 1)
        : base(new InMemoryWorkflowStore(database, "default"))
    {
        _database = database;
        _signal = new ChangeSignal(database.Gate);
        _tables = database.Open(Namespace, _signal);
        Capabilities = Capabilities with { StepTransactions = places };
    }

    public override ITransactionalStore Transactions => this;

    public IStartTables? StartTables => null;

    /// <summary>Called before a transaction begins; what it throws, the beginning throws.</summary>
    public Action Begins { get; set; } = () => { };

    /// <summary>Awaited before a result lands; what it throws, the landing throws.</summary>
    public Func<StepTry, Task> Lands { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called before a bar is put up.</summary>
    public Action<StepTry> Bars { get; set; } = _ => { };

    /// <summary>Changes what has landed before it is told.</summary>
    public Func<IReadOnlyList<StepTry>, IReadOnlyList<StepTry>> Reads { get; set; } = read => read;

    /// <summary>Awaited before each commit.</summary>
    public Func<Task> Commits { get; set; } = () => Task.CompletedTask;

    /// <summary>How many transactions have been begun and not yet ended.</summary>
    public int Open { get; private set; }

    public Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nothing starts in these.");

    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken)
    {
        Begins();
        Open++;
        return Task.FromResult<StepTransaction>(new Step(this, new Transaction()));
    }

    public Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token) => null;

    public async Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken)
    {
        await Lands(landed);
        ((Transaction)transaction).Landed = (session, id, landed);
        return Write(id, landed, stored => !IsOwned(stored, session, landed) ? LandingAnswer.Fenced
            : stored.Tries.ContainsKey(TryKey.Of(landed)) ? LandingAnswer.Barred
            : LandingAnswer.Landed);
    }

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken)
    {
        Bars(bar);
        return Task.FromResult(Write(id, bar, stored =>
        {
            var there = stored.Tries.GetValueOrDefault(TryKey.Of(bar));
            if (there is null && IsOwned(stored, session, bar))
            {
                Insert(stored, bar);
            }

            return there is { Failure.IsNone: true } ? there : null;
        }));
    }

    public Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) => Task.FromResult(Reads(
        _database.Read<string, IReadOnlyList<StepTry>>(
            _tables,
            key,
            (tables, name, _) => [.. tables.Get(id).Tries.Values.Where(one => one.Key == name && one.IsResult())])));

    public TransactionFate Judge(Exception error) => error switch
    {
        StoreException { Kind: StoreErrorKind.RolledBack } => TransactionFate.WorthRepeating,
        StoreException { Kind: StoreErrorKind.NotSent } => TransactionFate.Undone,
        _ => TransactionFate.Unknown,
    };

    /// <summary>Puts a row there, as if another owner had left it.</summary>
    public void Leave(ExecutionId id, StepTry one) => Write(id, one, stored =>
    {
        Insert(stored, one);
        return true;
    });

    /// <summary>Takes an execution from its owner, as the sweep of a dead one does.</summary>
    public void Forget(ExecutionId id) => _database.Write(_tables, _signal, id, (tables, _, now) =>
    {
        var stored = tables.Get(id);
        tables.Update(stored, stored.Row with
        {
            Owner = SessionId.None,
            State = ExecutionState.Pending,
            Epoch = stored.Row.Epoch + 1,
            DueAt = now,
        });
        return true;
    });

    private T Write<T>(ExecutionId id, StepTry one, Func<StoredExecution, T> write) => _database.Write(
        _tables, _signal, one, (tables, _, _) => write(tables.Get(id)));

    private void Insert(StoredExecution stored, StepTry one)
    {
        _tables.Touch(stored);
        stored.Tries = stored.Tries.SetItem(TryKey.Of(one), one);
    }

    private static bool IsOwned(StoredExecution stored, SessionId session, StepTry one) =>
        stored.Row.Epoch == one.Epoch && stored.Row.Owner == session && stored.Row.State == ExecutionState.Running;

    private void CommitUser(Transaction transaction)
    {
        var (session, id, landed) = transaction.Landed!.Value;
        Write(id, landed, stored =>
        {
            Assert.True(IsOwned(stored, session, landed), "The fence has not held.");
            Insert(stored, landed);
            return true;
        });
    }

    private sealed class Transaction : DbTransaction
    {
        public (SessionId Session, ExecutionId Id, StepTry Try)? Landed { get; set; }

        public override IsolationLevel IsolationLevel => IsolationLevel.Serializable;

        protected override DbConnection? DbConnection => null;

        public override void Commit() => throw new NotSupportedException();

        public override void Rollback() => throw new NotSupportedException();
    }

    private sealed class Step(LandingStore store, Transaction transaction) : StepTransaction
    {
        private bool _ended;

        public override DbTransaction Transaction => transaction;

        public override async Task CommitAsync(CancellationToken cancellationToken)
        {
            await store.Commits();
            store.CommitUser(transaction);
        }

        public override ValueTask DisposeAsync()
        {
            store.Open -= _ended ? 0 : 1;
            _ended = true;
            return ValueTask.CompletedTask;
        }
    }
}
