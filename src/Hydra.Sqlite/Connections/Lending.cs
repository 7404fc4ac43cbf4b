using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Hydra.Sqlite.Connections;

/// <summary>Connections in which bodies of steps write, as durable as the engine's own.</summary>
/// <remarks>
/// The engine asks for one at a time: the file has one write lock, and waiting for it in SQLite blocks a thread.
/// </remarks>
internal sealed class Lending(ConnectionFactory factory, SqliteStoreOptions options) : IDisposable
{
    private readonly ConcurrentBag<Loan> _idle = []; // Rarely more than one.
    private volatile bool _disposed;

    public StepTransaction Begin(IsolationLevel isolation)
    {
        Loan? loan = null;
        try
        {
            loan = _idle.TryTake(out var idle) ? idle : Open();
            factory.EnsureInPlace(loan.Own);
            return new Lent(this, loan, loan.Connection.BeginTransaction(isolation, deferred: false));
        }
        catch
        {
            loan?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (_idle.TryTake(out var loan))
        {
            loan.Dispose();
        }
    }

    private Loan Open()
    {
        factory.EnsureLogInPlace();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = factory.FullPath,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)options.BusyTimeout.TotalSeconds),
        }.ConnectionString);
        try
        {
            connection.Open();
            var own = new Connection(connection.Handle!);
            own.WaitForLocks(options.BusyTimeout); // Otherwise the driver sleeps for 150 ms at a time.
            own.Execute(options.Durability == SqliteDurability.Full
                ? "PRAGMA synchronous = FULL"
                : "PRAGMA synchronous = NORMAL");
            own.Execute("PRAGMA wal_autocheckpoint = 8000");
            factory.NoteLog(own);
            return new Loan(connection, own);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void EnsureKept(Loan loan) => factory.EnsureKept(loan.Own);

    private void TakeBack(Loan loan, bool isSound)
    {
        if (!isSound)
        {
            loan.Dispose();
            return;
        }

        _idle.Add(loan);
        if (_disposed) // Looked at afterwards: whoever closes the store meanwhile may have seen none.
        {
            CloseIdle();
        }
    }

    /// <summary>A connection for bodies, and what the engine sees of it.</summary>
    private sealed record Loan(SqliteConnection Connection, Connection Own) : IDisposable
    {
        public void Dispose()
        {
            Own.Closing?.Invoke(Own);
            Own.Dispose();
            Connection.Dispose();
        }
    }

    private sealed class Lent(Lending owner, Loan loan, SqliteTransaction transaction) : StepTransaction
    {
        private bool _isSound;
        private int _disposed;

        public override DbTransaction Transaction => transaction;

        public override Task CommitAsync(CancellationToken cancellationToken)
        {
            transaction.Commit();
            owner.EnsureKept(loan);
            _isSound = true;
            return Task.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                try
                {
                    transaction.Dispose();
                }
                catch (SqliteException)
                {
                    // It was ended by a statement of the body's, or by SQLite itself.
                }
                finally
                {
                    owner.TakeBack(loan, _isSound); // What was undone is closed: its readers may be open.
                }
            }

            return ValueTask.CompletedTask;
        }
    }
}
