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
internal sealed class WriterThread
{
    private const int MaxOperations = 2_000;
    private const long MaxBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan ChangePoll = TimeSpan.FromMilliseconds(20);

    private readonly ConnectionFactory _factory;
    private readonly StoreClock _clock;
    private readonly string _namespace;
    private readonly WorkQueue _queue = new();
    private readonly ChangeSignal _changes = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _starting = new();
    private bool _started;
    private bool _stopping;

    // Touched by the writer thread only.
    private readonly List<WorkItem> _round = [];
    private Connection? _connection;
    private Checkpointer? _checkpointer;
    private WriteTransitions? _transitions;
    private long _dataVersion;

    public WriterThread(ConnectionFactory factory, StoreClock clock, string @namespace)
    {
        _factory = factory;
        _clock = clock;
        _namespace = @namespace;
    }

    public Task<T> RunAsync<T>(
        Func<WriteTransitions, T> work, int operations, long bytes, bool urgent, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var item = new WorkItem<T>(work, operations, bytes, cancellationToken);
        Start();
        if (!_queue.TryAdd(item, urgent))
        {
            item.Fail(new StoreException(StoreErrorKind.NotSent, "The store has been disposed. Nothing was written."));
        }

        return item.Task;
    }

    public async Task WaitForChangeAsync(CancellationToken cancellationToken)
    {
        Start();
        using var waiter = _changes.Enter();
        _queue.Nudge();
        await waiter.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Finishes what is queued, then ends the thread and closes its connection.</summary>
    public Task StopAsync()
    {
        lock (_starting)
        {
            _stopping = true;
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
                _started = true;
                new Thread(Loop) { IsBackground = true, Name = "Hydra SQLite writer" }.UnsafeStart();
            }
        }
    }

    private void Loop()
    {
        try
        {
            while (_queue.TryTake(
                _round, _changes.Awaited ? ChangePoll : Timeout.InfiniteTimeSpan, MaxOperations, MaxBytes))
            {
                _round.RemoveAll(static item => item.Abandoned);
                if (_round.Count > 0)
                {
                    RunRound();
                    _round.Clear();
                }

                NoticeChanges();
            }
        }
        finally
        {
            Disconnect();
            _stopped.TrySetResult();
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

        foreach (var item in _round.ToArray())
        {
            _round.Clear();
            _round.Add(item);
            if (TryRunTogether() is { } own)
            {
                item.Fail(own);
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
            var transitions = Connect();
            if (!Begin(transitions.Connection))
            {
                return _factory.Errors.Busy(Effect.None);
            }

            effect = Effect.Undone;
            transitions.Now = _clock.Now();
            foreach (var item in _round)
            {
                item.Run(transitions);
            }

            effect = Effect.Unknown;
            transitions.Connection.Commit();
        }
        catch (SqliteException exception)
        {
            return GiveUp(_factory.Errors.Translate(exception, effect));
        }
        catch (StoreException exception)
        {
            return GiveUp(exception);
        }
        catch (Exception exception) // A caller's own mistake must not end the thread that everybody shares.
        {
            return GiveUp(new StoreException(
                StoreErrorKind.Deterministic, $"A store call failed by itself: {exception.Message}", exception));
        }

        _round.ForEach(static item => item.Complete());
        _checkpointer!.AfterCommit(_connection!);
        return null;
    }

    private StoreException GiveUp(StoreException failure)
    {
        try
        {
            _connection?.Rollback();
            if (SqliteErrors.IsDiskFull(failure))
            {
                _connection?.CheckpointAndTruncate(); // The log may hold what the database has room for.
            }

            if (!SqliteErrors.SpoilsConnection(failure))
            {
                return failure;
            }
        }
        catch (SqliteException)
        {
            // Closing the connection undoes whatever is still open.
        }

        Disconnect();
        return failure;
    }

    private bool Begin(Connection connection)
    {
        for (var wait = new BusyWait(_factory.BusyTimeout); !connection.TryBegin();)
        {
            if (!wait.Next())
            {
                return false;
            }
        }

        return true;
    }

    private WriteTransitions Connect()
    {
        if (_connection is not null && !_factory.FileExists)
        {
            Disconnect();
            throw _factory.Errors.FileGone();
        }

        _connection ??= _factory.OpenWriter(create: false);
        _checkpointer ??= new Checkpointer(_factory);
        return _transitions ??= new WriteTransitions(_connection, _namespace);
    }

    private void Disconnect()
    {
        _transitions = null;
        _checkpointer?.Dispose();
        _checkpointer = null;
        _connection?.Dispose();
        _connection = null;
    }

    /// <summary>Wakes those who wait for changes when another connection has committed.</summary>
    private void NoticeChanges()
    {
        if (!_changes.Awaited)
        {
            return;
        }

        try
        {
            var version = Connect().Connection.DataVersion();
            if (version != _dataVersion)
            {
                _dataVersion = version;
                _changes.Raise();
            }
        }
        catch (Exception exception) when (exception is SqliteException or StoreException)
        {
            Disconnect(); // The next round tells its caller what is wrong; a missed change only costs a poll.
        }
    }
}
