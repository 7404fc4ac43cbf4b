using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Appends to journals and tries, and reads them back. Rows are written once and never changed.</summary>
internal sealed class JournalTransitions(Connection connection, string @namespace)
{
    private readonly Statement _insertEntry = connection.Prepare(SqliteSql.InsertEntry, @namespace);
    private readonly Statement _insertTry = connection.Prepare(SqliteSql.InsertTry, @namespace);
    private readonly Statement _readEpoch = connection.Prepare(SqliteSql.ReadEntryEpoch, @namespace);
    private readonly Statement _readLastSeq = connection.Prepare(SqliteSql.ReadLastSeq, @namespace);
    private readonly Statement _readLastTime = connection.Prepare(SqliteSql.ReadLastTime, @namespace);
    private readonly Statement _readJournal = connection.Prepare(SqliteSql.ReadJournal, @namespace);
    private readonly Statement _readTries = connection.Prepare(SqliteSql.ReadTries, @namespace);

    /// <summary>Appends an entry; does nothing when the same epoch had appended it before.</summary>
    /// <exception cref="StoreException">
    /// Another epoch has written this seq, which the fence should have made impossible.
    /// </exception>
    /// <returns>Whether it was appended now.</returns>
    public bool Append(ExecutionId id, in ExecutionKey key, JournalEntry entry)
    {
        key.Bind(_insertEntry)
            .Bind(4, entry.Seq)
            .Bind(5, (long)entry.Kind)
            .Bind(6, entry.Key)
            .Bind(7, entry.Position)
            .Bind(8, entry.Ordinal)
            .Bind(9, entry.Failed ? 1 : 0)
            .Bind(10, entry.Input)
            .Bind(11, entry.Output)
            .Bind(12, entry.At.Micros)
            .Bind(13, entry.StartedAt.Micros)
            .Bind(14, entry.Attempt)
            .Bind(15, entry.Epoch)
            .Bind(16, entry.OriginSeq)
            .Bind(17, entry.Worker);
        if (_insertEntry.Run() > 0)
        {
            return true;
        }

        if (EpochOf(key, entry.Seq) is var epoch && epoch != entry.Epoch)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic,
                $"Entry {entry.Seq} of execution {id} was written under epoch {epoch} and cannot be written "
                    + "again under "
                + $"epoch {entry.Epoch}. Nothing was written.");
        }

        return false;
    }

    public void Add(in ExecutionKey key, StepTry stepTry)
    {
        key.Bind(_insertTry)
            .Bind(4, stepTry.Key)
            .Bind(5, stepTry.Attempt)
            .Bind(6, stepTry.Epoch)
            .Bind(7, (long)stepTry.Phase)
            .Bind(8, stepTry.ExecutionAttempt)
            .Bind(9, stepTry.Input)
            .Bind(10, stepTry.Failure)
            .Bind(11, stepTry.StartedAt.Micros)
            .Bind(12, stepTry.EndedAt)
            .Bind(13, stepTry.RetryAt)
            .Bind(14, stepTry.Worker)
            .Run();
    }

    /// <returns>The epoch that wrote an entry, or null when it is not there.</returns>
    public long? EpochOf(in ExecutionKey key, long seq)
    {
        key.Bind(_readEpoch).Bind(4, seq);
        long? epoch = _readEpoch.Step() ? _readEpoch.Number(0) : null;
        _readEpoch.Reset();
        return epoch;
    }

    public long LastSeq(in ExecutionKey key)
    {
        key.Bind(_readLastSeq).Step();
        var seq = _readLastSeq.Number(0);
        _readLastSeq.Reset();
        return seq;
    }

    /// <returns>When the last entry was delivered.</returns>
    public Instant LastTime(in ExecutionKey key)
    {
        key.Bind(_readLastTime).Step();
        var time = _readLastTime.Instant(0);
        _readLastTime.Reset();
        return time;
    }

    public List<JournalEntry> Read(in ExecutionKey key, long afterSeq) =>
        Rows.All(key.Bind(_readJournal).Bind(4, afterSeq).Bind(5, long.MaxValue), Rows.Entry);

    public List<StepTry> ReadTries(in ExecutionKey key) => Rows.All(key.Bind(_readTries), Rows.Try);
}
