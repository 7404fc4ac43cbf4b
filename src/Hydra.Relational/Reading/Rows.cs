using System.Data.Common;

namespace Hydra.Relational.Reading;

/// <summary>
/// Makes records of rows. The columns stand in the order in which every store's statements select them.
/// </summary>
/// <param name="readId">How the database hands over an id.</param>
internal sealed class Rows(Func<DbDataReader, int, ExecutionId> readId)
{
    public ExecutionId Id(DbDataReader row, int column) => readId(row, column);

    public ExecutionRow Execution(DbDataReader row) => new()
    {
        Id = readId(row, 0),
        Workflow = row.GetString(1),
        Key = TextOrNull(row, 2),
        State = (ExecutionState)row.GetInt32(3),
        Priority = (ExecutionPriority)row.GetInt32(4),
        Epoch = row.GetInt64(5),
        SettledEpoch = row.GetInt64(6),
        Owner = new SessionId(row.GetInt64(7)),
        DueAt = Time(row, 8),
        Deadline = TimeOrNull(row, 9),
        Attempt = row.GetInt32(10),
        MaxAttempts = row.GetInt32(11),
        RetryBackoff = Span(row, 12),
        LastSeq = row.GetInt64(13),
        Mail = row.GetInt64(14),
        Requests = (ExecutionRequests)row.GetInt32(15),
        Crashes = row.GetInt32(16),
        BarrenCrashes = row.GetInt32(17),
        SoleSuspectCrashes = row.GetInt32(18),
        BlockedReason = (BlockedReason)row.GetInt32(19),
        InputHash = row.GetString(20),
        CreatedAt = Time(row, 21),
        StartedAt = TimeOrNull(row, 22),
        FinishedAt = TimeOrNull(row, 23),
        WaitsFor = row.GetString(24),
    };

    /// <summary>The same columns, and behind them those that only stores use.</summary>
    public StoredExecution Stored(DbDataReader row) => new(Execution(row))
    {
        CrashSeq = row.GetInt64(25),
        BackingOff = row.GetBoolean(26),
        DeadlineDelivered = row.GetBoolean(27),
        RetryEpoch = row.GetInt64(28),
        LastRetry = row.GetInt64(29),
    };

    public static JournalEntry Entry(DbDataReader row) => Entry(row, 0);

    /// <param name="row">The row.</param>
    /// <param name="first">How many columns stand before those of the entry.</param>
    public static JournalEntry Entry(DbDataReader row, int first) => new()
    {
        Seq = row.GetInt64(first),
        Kind = (EntryKind)row.GetInt32(first + 1),
        Key = row.GetString(first + 2),
        Position = row.GetInt32(first + 3),
        Ordinal = row.GetInt32(first + 4),
        Failed = row.GetBoolean(first + 5),
        Input = Payload(row, first + 6),
        Output = Payload(row, first + 7),
        At = Time(row, first + 8),
        StartedAt = Time(row, first + 9),
        Attempt = row.GetInt32(first + 10),
        Epoch = row.GetInt64(first + 11),
        OriginSeq = row.GetInt64(first + 12),
        Worker = row.GetString(first + 13),
    };

    /// <summary>The columns of an entry, NULL where there is none, and behind them the id and the state.</summary>
    public FoundEnd End(DbDataReader row) => new(
        Id(row, 14), (ExecutionState)row.GetInt32(15), row.IsDBNull(0) ? null : Entry(row));

    public static StepTry Try(DbDataReader row) => new()
    {
        Key = row.GetString(0),
        Attempt = row.GetInt32(1),
        Epoch = row.GetInt64(2),
        Phase = (TryPhase)row.GetInt32(3),
        ExecutionAttempt = row.GetInt32(4),
        Input = Payload(row, 5),
        Failure = Payload(row, 6),
        StartedAt = Time(row, 7),
        EndedAt = TimeOrNull(row, 8),
        RetryAt = TimeOrNull(row, 9),
        Worker = row.GetString(10),
        Output = Payload(row, 11),
    };

    /// <param name="row">The row.</param>
    /// <param name="first">How many columns stand before those of the step.</param>
    public static TriedStep Tried(DbDataReader row, int first) => new(
        row.GetString(first),
        row.GetInt32(first + 1) - (row.GetInt32(first + 5) == (int)TryPhase.NotBegun ? 1 : 0),
        row.GetInt32(first + 2),
        row.GetInt32(first + 3),
        TimeOrNull(row, first + 4),
        row.GetInt32(first + 5) == (int)TryPhase.BegunOnce,
        row.GetInt32(first + 5) == (int)TryPhase.Landed);

    /// <summary>The last column holds the names of the workflows.</summary>
    public static SessionRow Session(DbDataReader row, Func<DbDataReader, int, IReadOnlyList<string>> names) => new()
    {
        Id = new SessionId(row.GetInt64(0)),
        Worker = row.GetString(1),
        Build = row.GetString(2),
        Host = row.GetString(3),
        Concurrency = row.GetInt32(4),
        HeartbeatInterval = Span(row, 5),
        ClaimTimeout = Span(row, 6),
        StartedAt = Time(row, 7),
        LastBeatAt = Time(row, 8),
        OnTimeSince = Time(row, 9),
        ExpiresAt = Time(row, 10),
        Workflows = names(row, 11),
    };

    public static CrashRow Crash(DbDataReader row) =>
        new(row.GetInt64(0), new SessionId(row.GetInt64(1)), row.GetString(2), Time(row, 3));

    public static RefusalRow Refusal(DbDataReader row) => new(row.GetString(0), Payload(row, 1), Time(row, 2));

    public OriginRow Origin(DbDataReader row) => new(readId(row, 0), new Origin
    {
        Kind = (OriginKind)row.GetInt32(1),
        Source = row.IsDBNull(2) ? null : readId(row, 2),
        Name = row.GetString(3),
        Seq = row.GetInt64(4),
        At = TimeOrNull(row, 5),
        Edits = (ForkEdits)row.GetInt32(6),
    });

    /// <param name="row">The row.</param>
    /// <param name="first">How many columns stand before those of the schedule.</param>
    public static ScheduleRow Schedule(DbDataReader row, int first) => new()
    {
        Name = row.GetString(first),
        Workflow = row.GetString(first + 1),
        ChangeId = row.GetInt64(first + 2),
        DueAt = Time(row, first + 3),
        Paused = row.GetBoolean(first + 4),
        Definition = Payload(row, first + 5),
        Progress = Payload(row, first + 6),
        Input = Payload(row, first + 7),
        CreatedAt = Time(row, first + 8),
        ChangedAt = Time(row, first + 9),
    };

    public OwnedExecution Owned(DbDataReader row) =>
        new(readId(row, 0), row.GetInt64(1), row.GetInt64(2), (ExecutionRequests)row.GetInt32(3));

    public static Instant Time(DbDataReader row, int column) => new(row.GetInt64(column));

    public static Instant? TimeOrNull(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : new Instant(row.GetInt64(column));

    /// <summary>A span as it is stored: in microseconds.</summary>
    public static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    private static TimeSpan Span(DbDataReader row, int column) =>
        TimeSpan.FromTicks(row.GetInt64(column) * TimeSpan.TicksPerMicrosecond);

    private static string? TextOrNull(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    public static Payload Payload(DbDataReader row, int column) =>
        row.IsDBNull(column) ? default : Hydra.Payload.FromStore(row.GetFieldValue<byte[]>(column));
}
