using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Hydra.Sqlite.Connections;

/// <summary>Connections for reads, each used by one call at a time, so that reads never wait for the writer.</summary>
internal sealed class ReaderPool<TReader>(ConnectionFactory factory, Func<Connection, TReader> create) : IDisposable
    where TReader : class
{
    private const int Kept = 4; // Idle ones; more are open for a moment when more are in use.

    private readonly ConcurrentBag<OpenReader> _idle = [];
    private volatile bool _disposed;

    public T Read<T>(Func<TReader, T> read)
    {
        if (_disposed)
        {
            throw SqliteErrors.Disposed();
        }

        OpenReader? reader = null;
        try
        {
            reader = Take();
            var answer = read(reader.Statements);
            Return(reader);
            return answer;
        }
        catch (Exception exception)
        {
            reader?.Connection.Dispose(); // Whatever it was doing, it is not to be used again.
            if (exception is SqliteException failure)
            {
                throw factory.Errors.Translate(failure, Effect.None);
            }

            throw;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var reader))
        {
            reader.Connection.Dispose();
        }
    }

    private OpenReader Take()
    {
        if (_idle.TryTake(out var reader))
        {
            try
            {
                factory.EnsureInPlace(reader.Connection);
                return reader;
            }
            catch
            {
                reader.Connection.Dispose(); // It would show what a removed file held.
                throw;
            }
        }

        var connection = factory.OpenReader();
        try
        {
            return new OpenReader(connection, create(connection));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Return(OpenReader reader)
    {
        if (_idle.Count < Kept)
        {
            _idle.Add(reader);
        }
        else
        {
            reader.Connection.Dispose();
        }

        if (_disposed)
        {
            Dispose(); // Whoever disposed while this one was out has missed it.
        }
    }

    private sealed record OpenReader(Connection Connection, TReader Statements);
}
