using System.Text.Json;
using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Reading;

/// <summary>
/// Makes records of rows. The columns stand in the order in which <see cref="SqliteSql"/> selects them.
/// </summary>
internal static class Rows
{
    public static ExecutionRow Execution(Statement row) => new()
    {
        Id = row.Id(0),
        Workflow = row.Text(1),
        Key = row.TextOrNull(2),
        State = (ExecutionState)row.Int(3),
        Priority = (ExecutionPriority)row.Int(4),
        Epoch = row.Number(5),
        SettledEpoch = row.Number(6),
        Owner = new SessionId(row.Number(7)),
        DueAt = row.Instant(8),
        Deadline = row.InstantOrNull(9),
        Attempt = row.Int(10),
        MaxAttempts = row.Int(11),
        RetryBackoff = Span(row.Number(12)),
        LastSeq = row.Number(13),
        Mail = row.Number(14),
        Requests = (ExecutionRequests)row.Int(15),
        Crashes = row.Int(16),
        BarrenCrashes = row.Int(17),
        SoleSuspectCrashes = row.Int(18),
        BlockedReason = (BlockedReason)row.Int(19),
        InputHash = row.Text(20),
        CreatedAt = row.Instant(21),
        StartedAt = row.InstantOrNull(22),
        FinishedAt = row.InstantOrNull(23),
        WaitsFor = row.Text(24),
    };

    /// <summary>The same columns, and behind them those that only the store uses.</summary>
    public static StoredExecution Stored(Statement row) => new(Execution(row))
    {
        CrashSeq = row.Number(25),
        BackingOff = row.Int(26) != 0,
        DeadlineDelivered = row.Int(27) != 0,
        RetryEpoch = row.Number(28),
        LastRetry = row.Number(29),
        Number = row.Number(30),
    };

    public static JournalEntry Entry(Statement row) => new()
    {
        Seq = row.Number(0),
        Kind = (EntryKind)row.Int(1),
        Key = row.Text(2),
        Position = row.Int(3),
        Ordinal = row.Int(4),
        Failed = row.Int(5) != 0,
        Input = row.Payload(6),
        Output = row.Payload(7),
        At = row.Instant(8),
        StartedAt = row.Instant(9),
        Attempt = row.Int(10),
        Epoch = row.Number(11),
        OriginSeq = row.Number(12),
        Worker = row.Text(13),
    };

    public static StepTry Try(Statement row) => new()
    {
        Key = row.Text(0),
        Attempt = row.Int(1),
        Epoch = row.Number(2),
        Phase = (TryPhase)row.Int(3),
        ExecutionAttempt = row.Int(4),
        Input = row.Payload(5),
        Failure = row.Payload(6),
        StartedAt = row.Instant(7),
        EndedAt = row.InstantOrNull(8),
        RetryAt = row.InstantOrNull(9),
        Worker = row.Text(10),
        Output = row.Payload(11),
    };

    public static TriedStep Tried(Statement row) =>
        new(
            row.Text(0),
            row.Int(1) - (row.Int(5) == (int)TryPhase.NotBegun ? 1 : 0),
            row.Int(2),
            row.Int(3),
            row.InstantOrNull(4),
            row.Int(5) == (int)TryPhase.BegunOnce,
            row.Int(5) == (int)TryPhase.Landed);

    public static SessionRow Session(Statement row) => new()
    {
        Id = new SessionId(row.Number(0)),
        Worker = row.Text(1),
        Build = row.Text(2),
        Host = row.Text(3),
        Workflows = JsonSerializer.Deserialize(row.Text(4), NamesJson.Default.IReadOnlyListString) ?? [],
        Concurrency = row.Int(5),
        HeartbeatInterval = Span(row.Number(6)),
        ClaimTimeout = Span(row.Number(7)),
        StartedAt = row.Instant(8),
        LastBeatAt = row.Instant(9),
        OnTimeSince = row.Instant(10),
        ExpiresAt = row.Instant(11),
    };

    public static CrashRow Crash(Statement row) =>
        new(row.Number(0), new SessionId(row.Number(1)), row.Text(2), row.Instant(3));

    public static SubjectKeyRow SubjectKey(Statement row) => new(row.Text(0), row.IsNull(1) ? null : row.Text(1));

    public static RefusalRow Refusal(Statement row) => new(row.Text(0), row.Payload(1), row.Instant(2));

    public static OriginRow Origin(Statement row) => new(row.Id(0), new Origin
    {
        Kind = (OriginKind)row.Int(1),
        Source = row.IdOrNull(2),
        Name = row.Text(3),
        Seq = row.Number(4),
        At = row.InstantOrNull(5),
        Edits = (ForkEdits)row.Int(6),
    });

    public static ScheduleRow Schedule(Statement row) => Schedule(row, 0);

    /// <param name="row">The row.</param>
    /// <param name="first">How many columns stand before those of the schedule.</param>
    public static ScheduleRow Schedule(Statement row, int first) => new()
    {
        Name = row.Text(first),
        Workflow = row.Text(first + 1),
        ChangeId = row.Number(first + 2),
        DueAt = row.Instant(first + 3),
        Paused = row.Int(first + 4) != 0,
        Definition = row.Payload(first + 5),
        Progress = row.Payload(first + 6),
        Input = row.Payload(first + 7),
        CreatedAt = row.Instant(first + 8),
        ChangedAt = row.Instant(first + 9),
    };

    /// <summary>Reads all rows of a statement that has been bound.</summary>
    public static List<T> All<T>(Statement statement, Func<Statement, T> read)
    {
        var rows = new List<T>();
        while (statement.Step())
        {
            rows.Add(read(statement));
        }

        return rows;
    }

    /// <summary>Reads the first row of a statement that has been bound, or null.</summary>
    public static T? FirstOrNull<T>(Statement statement, Func<Statement, T> read) where T : class
    {
        var row = statement.Step() ? read(statement) : null;
        statement.Reset();
        return row;
    }

    /// <summary>A span as it is stored: in microseconds.</summary>
    public static long Micros(TimeSpan span) => span.Ticks / 10;

    private static TimeSpan Span(long micros) => TimeSpan.FromTicks(micros * 10);
}
