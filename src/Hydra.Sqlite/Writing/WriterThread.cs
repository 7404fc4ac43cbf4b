using Hydra.Relational.Waking;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Transitions;
using Microsoft.Data.Sqlite;

namespace Hydra.Sqlite.Writing;

/// <summary>The one thread of a store that writes, over the one connection that does.</summary>
/// <remarks>
/// Each round takes what has queued up and does it in one transaction, so that many callers share one sync of the disk.
/// When an item fails, the round is rolled back and each item gets a transaction of its own: a bad batch fails alone.
/// The thread also notices commits of other processes, on its own connection, because there its own do not count.
/// </remarks>
internal sealed class WriterThread(ConnectionFactory factory, StoreClock clock, string @namespace)
{
    private const int MaxItems = 16; // A batch is one of them, and bounded by itself.
    private static readonly TimeSpan ChangePoll = TimeSpan.FromMilliseconds(20);

    private readonly WorkQueue _queue = new();
    private readonly ChangeSignal _changes = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _starting = new();
    private bool _started;
    private bool _stopping;

    // Touched by the thread only.
    private readonly List<WorkItem> _round = [];
    private readonly WriterConnection _connection = new(factory, @namespace);

    public Task<T> RunAsync<T>(
        Func<WriteTransitions, T> work, bool urgent, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var item = new WorkItem<T>(work, cancellationToken);
        Start();
        if (!_queue.TryAdd(item, urgent))
        {
            item.Fail(SqliteErrors.Disposed());
        }

        return item.Task;
    }

    public Task WaitForChangeAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _stopping))
        {
            return Task.FromException(SqliteErrors.Disposed());
        }

        Start();
        var change = _changes.WaitAsync(cancellationToken);
        _queue.Nudge(); // The thread may be waiting for work without a limit.
        return change;
    }

    /// <summary>
    /// Finishes what is queued, unless another process holds the write lock, then ends the thread and closes its
    /// connection.
    /// </summary>
    public Task StopAsync()
    {
        lock (_starting)
        {
            _stopping = true;
            _connection.HurryUp();
            _queue.Close();
            return _started ? _stopped.Task : Task.CompletedTask;
        }
    }

    private void Start()
    {
        if (Volatile.Read(ref _started))
        {
            return;
        }

        lock (_starting)
        {
            if (!_started && !_stopping)
            {
                new Thread(Loop) { IsBackground = true, Name = "Hydra SQLite writer" }.UnsafeStart();
                Volatile.Write(ref _started, true);
            }
        }
    }

    private void Loop()
    {
        try
        {
            while (_queue.TryTake(
                _round, _changes.Awaited ? ChangePoll : Timeout.InfiniteTimeSpan, MaxItems))
            {
                _round.RemoveAll(static item => item.Abandoned);
                if (_round.Count > 0)
                {
                    RunRound();
                    _round.Clear();
                }

                NoticeOthers();
            }
        }
        finally
        {
            try
            {
                _connection.Close();
            }
            finally
            {
                _changes.Raise();
                _stopped.TrySetResult();
            }
        }
    }

    private void RunRound()
    {
        if (TryRunTogether() is not { } failure)
        {
            return;
        }

        // What concerns the database as a whole would only happen again for each of them.
        if (_round.Count == 1 || failure.Kind is not (StoreErrorKind.RolledBack or StoreErrorKind.Deterministic))
        {
            _round.ForEach(item => item.Fail(failure));
            return;
        }

        StoreException? closed = null; // A lock that is held, or a file that cannot be used, is not waited for again.
        foreach (var item in _round.ToArray())
        {
            _round.Clear();
            _round.Add(item);
            if ((closed ?? TryRunTogether()) is { } own)
            {
                item.Fail(own);
                closed = own.Kind is StoreErrorKind.NotSent or StoreErrorKind.Unavailable ? own : null;
            }
        }
    }

    /// <summary>Does the round in one transaction and answers everybody in it.</summary>
    /// <returns>Null, or why nobody has been answered.</returns>
    private StoreException? TryRunTogether()
    {
        var effect = Effect.None;
        try
        {
            var transitions = _connection.Open();
            if (_connection.Begin() is { } locked)
            {
                return locked;
            }

            effect = Effect.Undone;
            transitions.Now = clock.Now();
            foreach (var item in _round)
            {
                item.Run(transitions);
            }

            effect = Effect.Unknown;
            _connection.Commit();
        }
        catch (SqliteException exception)
        {
            return GiveUp(_connection.Errors.Translate(exception, effect));
        }
        catch (StoreException exception)
        {
            return GiveUp(exception);
        }
        catch (OutOfMemoryException exception) // Nobody's mistake, and no matter of what was to be written.
        {
            return GiveUp(_connection.Errors.OutOfMemory(exception, effect));
        }
        catch (Exception exception) // A caller's own mistake must not end the thread that everybody shares.
        {
            return GiveUp(new StoreException(
                StoreErrorKind.Deterministic, $"A store call failed by itself: {exception.Message}", exception));
        }

        _round.ForEach(static item => item.Complete());
        _connection.AfterCommit();
        return null;
    }

    private StoreException GiveUp(StoreException failure)
    {
        _connection.Abandon(failure);
        return failure;
    }

    /// <summary>
    /// Wakes those who wait for other processes to commit, and lets those come in between two rounds.
    /// </summary>
    private void NoticeOthers()
    {
        try
        {
            if (_connection.OthersHaveCommitted())
            {
                _changes.Raise();
            }

            if (_connection.IsShared)
            {
                BusyWait.Pause();
            }
        }
        catch (Exception exception) when (exception is SqliteException or StoreException)
        {
            _connection.CloseSpoilt(); // The next round tells its caller why; a missed change costs a poll.
        }
    }
}
