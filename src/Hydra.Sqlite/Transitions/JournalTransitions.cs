using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Appends to journals and tries, and reads them back. Rows are written once and never changed.</summary>
/// <remarks>
/// Rows are named by the number of the execution, which whoever asks has read under its namespace and the write lock.
/// </remarks>
internal sealed class JournalTransitions(Connection connection)
{
    private readonly Statement _insertEntry = connection.Prepare(SqliteSql.InsertEntry);
    private readonly Statement _insertTry = connection.Prepare(SqliteSql.InsertTry);
    private readonly Statement _readEpoch = connection.Prepare(SqliteSql.ReadEntryEpoch);
    private readonly Statement _readLastSeq = connection.Prepare(SqliteSql.ReadLastSeq);
    private readonly Statement _readLastTime = connection.Prepare(SqliteSql.ReadLastTime);
    private readonly Statement _readJournal = connection.Prepare(SqliteSql.ReadClaimedJournal);
    private readonly Statement _readTried = connection.Prepare(SqliteSql.ReadTried);

    /// <summary>Appends an entry; does nothing when the same epoch had appended it before.</summary>
    /// <param name="number">The execution.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="at">When it was delivered.</param>
    /// <param name="startedAt">When what it records began.</param>
    /// <returns>Whether it was appended now.</returns>
    /// <exception cref="StoreException">
    /// Another epoch has written this seq, which the fence should have made impossible.
    /// </exception>
    public bool Append(long number, JournalEntry entry, Instant at, Instant startedAt)
    {
        var changed = _insertEntry
            .Bind(1, number)
            .Bind(2, entry.Seq)
            .Bind(3, (long)entry.Kind)
            .Bind(4, entry.Key)
            .Bind(5, entry.Position)
            .Bind(6, entry.Ordinal)
            .Bind(7, entry.Failed ? 1 : 0)
            .Bind(8, entry.Input)
            .Bind(9, entry.Output)
            .Bind(10, at.Micros)
            .Bind(11, startedAt.Micros)
            .Bind(12, entry.Attempt)
            .Bind(13, entry.Epoch)
            .Bind(14, entry.OriginSeq)
            .Bind(15, entry.Worker)
            .Run();
        if (changed > 0)
        {
            return true;
        }

        if (EpochOf(number, entry.Seq) is var epoch && epoch != entry.Epoch)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic,
                $"The journal has an entry {entry.Seq} of epoch {epoch}, so epoch {entry.Epoch} cannot write it. "
                + "Nothing was written.");
        }

        return false;
    }

    public void Add(long number, StepTry stepTry) => _insertTry
        .Bind(1, number)
        .Bind(2, stepTry.Key)
        .Bind(3, stepTry.Attempt)
        .Bind(4, stepTry.Epoch)
        .Bind(5, (long)stepTry.Phase)
        .Bind(6, stepTry.ExecutionAttempt)
        .Bind(7, stepTry.Input)
        .Bind(8, stepTry.Failure)
        .Bind(9, stepTry.StartedAt.Micros)
        .Bind(10, stepTry.EndedAt)
        .Bind(11, stepTry.RetryAt)
        .Bind(12, stepTry.Worker)
        .Run();

    /// <returns>The epoch that wrote an entry, or null when it is not there.</returns>
    public long? EpochOf(long number, long seq)
    {
        long? epoch = _readEpoch.Bind(1, number).Bind(2, seq).Step() ? _readEpoch.Number(0) : null;
        _readEpoch.Reset();
        return epoch;
    }

    public long LastSeq(long number)
    {
        _readLastSeq.Bind(1, number).Step();
        var seq = _readLastSeq.Number(0);
        _readLastSeq.Reset();
        return seq;
    }

    /// <returns>When the last entry was delivered.</returns>
    public Instant LastTime(long number)
    {
        _readLastTime.Bind(1, number).Step();
        var time = _readLastTime.Instant(0);
        _readLastTime.Reset();
        return time;
    }

    public List<JournalEntry> Read(long number, long afterSeq) =>
        Rows.All(_readJournal.Bind(1, number).Bind(2, afterSeq), Rows.Entry);

    public List<TriedStep> ReadTried(long number) => Rows.All(_readTried.Bind(1, number), Rows.Tried);
}
