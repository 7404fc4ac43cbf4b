using Hydra.Memory;
using Hydra.Storage;

namespace Hydra;

/// <summary>The data of in-memory stores: what several of them share, as processes share a database.</summary>
/// <remarks>
/// Holds everything for as long as it lives and nothing beyond that. Every transition happens under one lock, so all of
/// it is safe from many threads, and the same calls in the same order always give the same answers.
/// </remarks>
public sealed class InMemoryDatabase
{
    private readonly TimeProvider _time;
    private readonly Dictionary<string, NamespaceTables> _namespaces = new(StringComparer.Ordinal);
    private Instant _now;

    /// <summary>Makes an empty database.</summary>
    /// <param name="time">The clock that all stores on it go by. Should it go back, the database stands still.</param>
    public InMemoryDatabase(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
    }

    internal Lock Gate { get; } = new();

    internal NamespaceTables Open(string @namespace, ChangeSignal signal)
    {
        lock (Gate)
        {
            if (!_namespaces.TryGetValue(@namespace, out var tables))
            {
                _namespaces.Add(@namespace, tables = new NamespaceTables());
            }

            tables.Signals.Add(signal);
            return tables;
        }
    }

    internal void Close(NamespaceTables tables, ChangeSignal signal)
    {
        lock (Gate)
        {
            if (tables.Signals.Remove(signal))
            {
                signal.Raise();
            }
        }
    }

    internal TAnswer Read<TRequest, TAnswer>(
        NamespaceTables tables, TRequest request, Func<NamespaceTables, TRequest, Instant, TAnswer> read)
    {
        lock (Gate)
        {
            return read(tables, request, Now());
        }
    }

    /// <summary>Makes one atomic transition: all of it happens, or it throws and nothing has.</summary>
    internal TAnswer Write<TRequest, TAnswer>(
        NamespaceTables tables,
        ChangeSignal writer,
        TRequest request,
        Func<NamespaceTables, TRequest, Instant, TAnswer> transition)
    {
        lock (Gate)
        {
            tables.Begin();
            TAnswer answer;
            try
            {
                answer = transition(tables, request, Now());
            }
            catch
            {
                tables.Rollback();
                throw;
            }

            if (tables.MadeDue)
            {
                RaiseOthers(tables, writer);
            }

            return answer;
        }
    }

    private static void RaiseOthers(NamespaceTables tables, ChangeSignal writer)
    {
        foreach (var signal in tables.Signals)
        {
            if (signal != writer)
            {
                signal.Raise();
            }
        }
    }

    private Instant Now() => _now = Instant.Max(_now, Instant.From(_time.GetUtcNow()));
}
