using System.Text;

namespace Hydra.Testing;

/// <summary>Operations as the engine makes them, with everything filled in that a test does not care about.</summary>
internal static class Make
{
    public const string Workflow = "order";

    /// <summary>A failure as a payload.</summary>
    public static Payload Failure { get; } = Text("""{"type":"Broken","message":"It broke."}""");

    public static Payload Text(string text) => Payload.Create(Encoding.UTF8.GetBytes(text));

    public static StartOperation Start(ExecutionId id, string? key = null, string input = "1") => new()
    {
        Id = id,
        Workflow = Workflow,
        Key = key,
        InputHash = Text(input).HashText,
        Input = new JournalEntry
        {
            Seq = 0,
            Kind = EntryKind.Input,
            Key = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Input = Text(input),
            Output = Payload.Create([1, 2, 3, 4], "application/octet-stream"),
            At = default,
            Epoch = 0,
        },
        MaxAttempts = 3,
        RetryBackoff = TimeSpan.FromSeconds(1),
    };

    public static CancelOperation Cancel(ExecutionId id) => new() { Id = id, Failure = Failure };

    public static TerminateOperation Terminate(ExecutionId id, string reason = "enough") =>
        new() { Id = id, Failure = Text($$"""{"type":"Terminated","message":"{{reason}}"}""") };

    public static RetryOperation RetryNow(ExecutionId id, long operationId) =>
        new() { Id = id, OperationId = operationId };

    /// <summary>The outcome of a step, written under the epoch of the row.</summary>
    public static JournalEntry Step(ExecutionRow row, long seq, string output = "2") => new()
    {
        Seq = seq,
        Kind = EntryKind.Step,
        Key = $"charge#{seq}",
        Input = Text("1"),
        Output = Text(output),
        At = new Instant(row.CreatedAt.Micros + seq),
        StartedAt = row.CreatedAt,
        Attempt = 1,
        Epoch = row.Epoch,
        Worker = "worker",
    };

    public static JournalEntry Entry(ExecutionRow row, long seq, EntryKind kind) =>
        Step(row, seq) with { Kind = kind, Key = "" };

    public static AdvanceOperation Advance(ExecutionRow row, params JournalEntry[] entries) =>
        new() { Id = row.Id, Epoch = row.Epoch, Entries = entries };

    /// <summary>Ends the ownership; the journal ends at the last of the entries, or at its input without any.</summary>
    public static AdvanceOperation Settle(
        ExecutionRow row, Func<long, Settlement> settlement, params JournalEntry[] entries) =>
        Advance(row, entries) with { Settlement = settlement(entries.Length == 0 ? 0 : entries[^1].Seq) };

    /// <summary>Ends the execution with a terminal entry at a seq.</summary>
    public static AdvanceOperation Finish(
        ExecutionRow row, long seq = 1, ExecutionState state = ExecutionState.Completed) =>
        Settle(row, last => new Settlement.Finished(state) { LastSeq = last }, Entry(row, seq, EntryKind.Terminal));

    public static AdvanceOperation Sleep(
        ExecutionRow row, Instant wakeAt, long mailSeen = 0, params JournalEntry[] entries) =>
        Suspend(row, ExecutionState.Sleeping, wakeAt, mailSeen, entries);

    /// <summary>Waits for a delivery and for no time.</summary>
    public static AdvanceOperation Wait(ExecutionRow row, long mailSeen = 0, params JournalEntry[] entries) =>
        Suspend(row, ExecutionState.Waiting, Instant.Never, mailSeen, entries);

    public static AdvanceOperation Retry(ExecutionRow row, TimeSpan delay, params JournalEntry[] entries) =>
        Settle(row, last => new Settlement.Retry(delay) { LastSeq = last }, entries);

    public static AdvanceOperation Release(ExecutionRow row, params JournalEntry[] entries) =>
        Settle(row, last => new Settlement.Released { LastSeq = last }, entries);

    public static AdvanceOperation Refuse(ExecutionRow row, string build, params JournalEntry[] entries) =>
        Settle(row, last => new Settlement.Refused(build, Failure) { LastSeq = last }, entries);

    public static StepTry Try(ExecutionRow row, string key, int attempt = 1, TryPhase phase = TryPhase.Failed) => new()
    {
        Key = key,
        Attempt = attempt,
        Epoch = row.Epoch,
        Phase = phase,
        ExecutionAttempt = row.Attempt,
        Input = Text("1"),
        Failure = phase == TryPhase.Failed ? Failure : default,
        StartedAt = row.CreatedAt,
        EndedAt = phase == TryPhase.Failed ? row.CreatedAt.Plus(TimeSpan.FromSeconds(1)) : null,
        RetryAt = phase == TryPhase.Failed ? row.CreatedAt.Plus(TimeSpan.FromSeconds(2)) : null,
        Worker = "worker",
    };

    /// <summary>The row without what has no meaning: when it is due, while it is owned or has ended.</summary>
    public static ExecutionRow Comparable(ExecutionRow row) =>
        row.Owner != SessionId.None || row.State.IsTerminal() ? row with { DueAt = default } : row;

    private static AdvanceOperation Suspend(
        ExecutionRow row, ExecutionState state, Instant wakeAt, long mailSeen, JournalEntry[] entries) =>
        Settle(row, last => new Settlement.Suspended(state, wakeAt, mailSeen) { LastSeq = last }, entries);
}
