using System.Text;

namespace Hydra.Storage;

/// <summary>What every store refuses, so that no store takes what another could not keep.</summary>
/// <remarks>
/// The engine checks what users give it and never comes near these; they stand at the seam for everybody else. A store
/// calls them before it applies a batch, opens a session or maintains. What they refuse is
/// <see cref="StoreErrorKind.Deterministic"/>. Text is Unicode without NUL: databases end it there, or refuse it, and
/// half of a surrogate pair has no UTF-8.
/// </remarks>
public static class StoreRules
{
    /// <summary>The longest name of a workflow, worker or build, in UTF-16 units: 255.</summary>
    public const int MaxNameLength = 255;

    /// <summary>The longest idempotency key, step key, hash or host, in UTF-16 units: 512.</summary>
    public const int MaxKeyLength = 512;

    /// <summary>The longest interval of a session: 36,500 days.</summary>
    public static TimeSpan MaxInterval { get; } = TimeSpan.FromDays(36_500);

    /// <summary>The most executions that are deleted, or looked at to be deleted, in one call: 1,000.</summary>
    public const int MaxEndedPage = 1_000;

    /// <summary>Whether a text can be stored at all; what cannot is never found by a query or a claim.</summary>
    /// <param name="text">The text.</param>
    public static bool IsStorable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Fault(text) is null;
    }

    /// <summary>Checks every operation of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="StoreException">A value cannot be stored; nothing of the batch may be written.</exception>
    public static void Validate(CommitBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        foreach (var operation in batch.Operations)
        {
            switch (operation)
            {
                case StartOperation start:
                    Validate(start);
                    break;
                case AdvanceOperation advance:
                    Validate(advance);
                    break;
                case RetryOperation retry:
                    Check(retry.OperationId > 0, "number of the retry", retry.OperationId, "must be positive");
                    break;
            }
        }
    }

    /// <summary>Checks a session before it is opened.</summary>
    /// <param name="session">The session.</param>
    /// <exception cref="StoreException">A value cannot be stored; the session may not be opened.</exception>
    public static void Validate(SessionRow session)
    {
        ArgumentNullException.ThrowIfNull(session);
        Check(session.Id.Value > 0, "number of the session", session.Id.Value, "must be positive");
        Text(session.Worker, "name of the worker", 0, MaxNameLength);
        Text(session.Build, "build", 0, MaxNameLength);
        Text(session.Host, "host", 0, MaxKeyLength);
        foreach (var workflow in session.Workflows)
        {
            Text(workflow, "workflow of the session", 1, MaxNameLength);
        }

        Interval(session.HeartbeatInterval, "heartbeat interval");
        Interval(session.ClaimTimeout, "claim timeout");
    }

    /// <summary>Checks a request for maintenance.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="StoreException">Its build cannot be stored; nothing may be done.</exception>
    public static void Validate(MaintenanceRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Text(request.Build, "build", 0, MaxNameLength);
    }

    /// <summary>Checks a change of a schedule.</summary>
    /// <param name="change">The change.</param>
    /// <exception cref="StoreException">A value cannot be stored; nothing of the change may be written.</exception>
    public static void Validate(ScheduleChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Text(change.Name, "name of the schedule", 1, MaxNameLength);
        Check(change.ExpectedChange is not <= 0, "expected change", change.ExpectedChange, "must be positive");
        if (change.Row is not { } row)
        {
            Check(change.ExpectedChange is not null, "removal", change.Name, "must expect a change");
        }
        else
        {
            Check(row.Name == change.Name, "name in the row", row.Name, "must be that of the schedule");
            Check(row.ChangeId > 0, "number of the change", row.ChangeId, "must be positive");
            Check(row.ChangeId != change.ExpectedChange, "number of the change", row.ChangeId, "must be a new one");
            Check(!row.Paused || row.DueAt == Instant.Never, "due time", row.DueAt, "of what is paused must be never");
            Text(row.Workflow, "workflow", 1, MaxNameLength);
        }

        foreach (var operation in change.Operations)
        {
            var kind = operation.GetType().Name;
            Check(
                operation is StartOperation { Owner.Value: 0 } or CancelOperation,
                "operation", kind, "must be a start without an owner, or a cancellation");
            Check(change.Row is not null || operation is CancelOperation, "removal", kind, "starts nothing");
        }

        Validate(new CommitBatch(SessionId.None, change.Operations));
    }

    /// <summary>Checks how many executions a call of <see cref="IRetentionStore"/> is about.</summary>
    /// <param name="limit">How many to look at.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one, or more than the most.</exception>
    public static void ValidateEndedPage(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxEndedPage);
    }

    /// <summary>Checks how many executions are to be deleted.</summary>
    /// <param name="executions">Which ones.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more than the most.</exception>
    public static void Validate(IReadOnlyList<EndedRow> executions)
    {
        ArgumentNullException.ThrowIfNull(executions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(executions.Count, MaxEndedPage, nameof(executions));
    }

    private static void Validate(StartOperation start)
    {
        Text(start.Workflow, "workflow", 1, MaxNameLength);
        Text(start.InputHash, "hash of the input", 0, MaxKeyLength);
        if (start.Key is { } key)
        {
            Text(key, "idempotency key", 1, MaxKeyLength);
        }

        Check(start.Priority is >= 0 and <= ExecutionPriority.Low, "priority", start.Priority, "does not exist");
        Check(start.MaxAttempts >= 1, "number of attempts", start.MaxAttempts, "must be positive");
        Check(start.RetryBackoff >= TimeSpan.Zero, "backoff", start.RetryBackoff, "must not be negative");
        Validate(start.Input);
        ValidatePrefix(start);
        if (start.Origin is { } origin)
        {
            Check(Enum.IsDefined(origin.Kind), "kind of the origin", origin.Kind, "does not exist");
            Text(origin.Name, "name of the origin", 0, MaxKeyLength);
        }
    }

    private static void ValidatePrefix(StartOperation start)
    {
        Check(
            start.Prefix.Count == 0 || start.Owner == SessionId.None, "owner of what begins with entries", start.Owner,
            "must be none");
        for (var i = 0; i < start.Prefix.Count; i++)
        {
            var entry = start.Prefix[i];
            Check(entry.Seq == i + 1, "seq of an entry to begin with", entry.Seq, $"must be {i + 1}");
            Check(
                entry.Kind is not (EntryKind.Input or EntryKind.Terminal), "kind of an entry to begin with", entry.Kind,
                "must be neither input nor end");
            Check(
                entry.Kind != EntryKind.Timeout || start.Timeout is null, "timeout of what begins with one",
                start.Timeout, "must be none");
            Validate(entry);
        }
    }

    private static void Validate(AdvanceOperation advance)
    {
        foreach (var entry in advance.Entries)
        {
            Validate(entry);
        }

        foreach (var stepTry in advance.Tries)
        {
            Text(stepTry.Key, "step key", 1, MaxKeyLength);
            Text(stepTry.Worker, "name of the worker", 0, MaxNameLength);
            Check(stepTry.Attempt >= 1, "number of the try", stepTry.Attempt, "must be positive");
            Check(stepTry.Epoch >= 0, "epoch", stepTry.Epoch, "must not be negative");
            Check(stepTry.Phase != TryPhase.Landed, "phase", stepTry.Phase, "is written in the step's own transaction");
        }

        if (advance.Settlement is { } settlement)
        {
            var last = advance.Entries.Count > 0 ? advance.Entries[^1].Seq : settlement.LastSeq;
            Check(
                settlement.LastSeq == last || settlement.LastSeq == Settlement.Unknown,
                "last seq of the settlement", settlement.LastSeq, $"must be that of the last entry, {last}");
            Validate(settlement);
        }
    }

    private static void Validate(Settlement settlement)
    {
        switch (settlement)
        {
            case Settlement.Finished finished:
                Check(finished.State.IsTerminal(), "state of what has ended", finished.State, "must be terminal");
                break;
            case Settlement.Suspended suspended:
                Check(
                    suspended.State is ExecutionState.Sleeping or ExecutionState.Waiting,
                    "state of what is suspended", suspended.State, "must be sleeping or waiting");
                Text(suspended.WaitsFor, "key of what it waits for", 0, MaxKeyLength);
                break;
            case Settlement.Refused refused:
                Text(refused.Build, "build", 0, MaxNameLength);
                break;
        }
    }

    private static void Validate(JournalEntry entry)
    {
        Text(entry.Key, "step key", 0, MaxKeyLength);
        Text(entry.Worker, "name of the worker", 0, MaxNameLength);
        Check(entry.Epoch >= 0, "epoch", entry.Epoch, "must not be negative");
    }

    private static void Interval(TimeSpan interval, string what) => Check(
        interval >= TimeSpan.FromMicroseconds(1) && interval <= MaxInterval,
        what, interval, $"must be from a microsecond to {MaxInterval.Days} days");

    private static void Text(string text, string what, int least, int most)
    {
        if (text.Length < least || text.Length > most)
        {
            throw Refused($"the {what} has {text.Length} characters, from {least} to {most} are allowed");
        }

        if (Fault(text) is { } fault)
        {
            throw Refused($"the {what} has {fault}");
        }
    }

    private static void Check<T>(bool holds, string what, T value, string rule)
    {
        if (!holds)
        {
            throw Refused($"the {what} {rule}: {value}");
        }
    }

    private static string? Fault(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return "the character NUL, which no database keeps";
        }

        return text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') && !IsWellFormed(text)
            ? "half of a surrogate pair, so it is not Unicode"
            : null;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var read) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            text = text[read..];
        }

        return true;
    }

    private static StoreException Refused(string reason) => new(
        StoreErrorKind.Deterministic, $"No store keeps this, so nothing was written: {reason}.");
}
