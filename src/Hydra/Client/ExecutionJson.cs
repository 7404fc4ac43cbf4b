using System.Text;
using System.Text.Json;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <summary>Writes executions, and the workers that run them, as JSON: one form for every tool.</summary>
/// <remarks>
/// States are in lower camel case, times in ISO 8601 UTC with microseconds, "no value" is null. Payloads of plain JSON
/// stand as they were recorded; others show their content type, codec and size. New properties may be added.
/// </remarks>
public static class ExecutionJson
{
    /// <summary>Writes everything that is recorded of an execution: its row, its steps, its timeline.</summary>
    /// <param name="details">What is recorded.</param>
    /// <param name="indented">Whether to write one property per line, for people. The default is no.</param>
    public static string Format(ExecutionDetails details, bool indented = false)
    {
        ArgumentNullException.ThrowIfNull(details);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = indented }))
        {
            Write(writer, details);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Writes everything that is recorded of an execution as one object.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="details">What is recorded.</param>
    public static void Write(Utf8JsonWriter writer, ExecutionDetails details)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(details);
        var end = details.Journal is [.., { Kind: EntryKind.Terminal } last] ? last : null;
        writer.WriteStartObject();
        WriteRowProperties(writer, details.Namespace, details.Row);
        writer.WritePropertyName("origin");
        OriginJson.Write(writer, details.Origin);
        WriteProblems(writer, details.Journal);
        JsonValues.WritePayload(writer, "input", details.Journal is [var first, ..] ? first.Input : default);
        JsonValues.WritePayload(writer, "output", end is { Failed: false } ? end.Output : default);
        JsonValues.WriteFailure(writer, "failure", end is { Failed: true } ? end.Output : default);
        WriteCrashes(writer, details.Crashes);
        WriteRefusals(writer, details.Refusals);
        WriteSteps(writer, StepRecord.Collect(details));
        TimelineJson.Write(writer, details);
        writer.WriteEndObject();
    }

    /// <summary>Writes how an execution stands as one object, without payloads and history.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="namespace">The namespace that the execution lives in.</param>
    /// <param name="row">How it stands.</param>
    public static void Write(Utf8JsonWriter writer, string @namespace, ExecutionRow row)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(@namespace);
        ArgumentNullException.ThrowIfNull(row);
        writer.WriteStartObject();
        WriteRowProperties(writer, @namespace, row);
        writer.WriteEndObject();
    }

    /// <summary>Writes why an execution stands where it stands, as one object with the properties of its row.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="explanation">The explanation.</param>
    public static void Write(Utf8JsonWriter writer, Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(explanation);
        writer.WriteStartObject();
        WriteRowProperties(writer, explanation.Namespace, explanation.Row);
        ExplanationJson.Write(writer, explanation);
        WriteCrashes(writer, explanation.Crashes);
        WriteRefusals(writer, explanation.Refusals);
        writer.WriteEndObject();
    }

    /// <summary>Writes what came of a replay, as one object with the properties of the execution's row.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="report">What came of it.</param>
    public static void Write(Utf8JsonWriter writer, ReplayReport report)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(report);
        writer.WriteStartObject();
        WriteRowProperties(writer, report.Namespace, report.Row);
        ReplayJson.WriteProperties(writer, report);
        writer.WriteEndObject();
    }

    /// <summary>Writes statistics as one object.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="statistics">The statistics.</param>
    public static void Write(Utf8JsonWriter writer, Statistics statistics)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(statistics);
        StatisticsJson.Write(writer, statistics);
    }

    /// <summary>Writes where an execution came from as one object: its kind, and what belongs to that.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="origin">Where it came from; null is written as null.</param>
    public static void Write(Utf8JsonWriter writer, Origin? origin)
    {
        ArgumentNullException.ThrowIfNull(writer);
        OriginJson.Write(writer, origin);
    }

    /// <summary>Writes a lineage as one object.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="lineage">The lineage.</param>
    public static void Write(Utf8JsonWriter writer, Lineage lineage)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(lineage);
        LineageJson.Write(writer, lineage);
    }

    /// <summary>Writes where a value was found as one object.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="trace">Where it was found.</param>
    public static void Write(Utf8JsonWriter writer, Trace trace)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(trace);
        LineageJson.Write(writer, trace);
    }

    /// <summary>Writes a recorded value; what is not plain JSON as its content type, codec and size.</summary>
    /// <param name="writer">Where the value goes.</param>
    /// <param name="payload">The value; none is null.</param>
    public static void Write(Utf8JsonWriter writer, Payload payload)
    {
        ArgumentNullException.ThrowIfNull(writer);
        JsonValues.WritePayload(writer, payload);
    }

    /// <summary>Writes a failure as one object, with its inner failures.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="failure">What went wrong; null is written as null.</param>
    public static void Write(Utf8JsonWriter writer, Failure? failure)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (failure is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type", failure.Type);
        writer.WriteString("message", failure.Message);
        writer.WriteString("stack", failure.Stack);
        writer.WriteStartArray("inner");
        foreach (var inner in failure.Inner ?? [])
        {
            Write(writer, inner);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("nonRetryable", failure.NonRetryable);
        writer.WriteEndObject();
    }

    /// <summary>Writes a schedule as one object; durations are in seconds.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="namespace">The namespace that the schedule is in.</param>
    /// <param name="details">How the schedule stands.</param>
    public static void Write(Utf8JsonWriter writer, string @namespace, ScheduleDetails details)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(details);
        ScheduleDetailsJson.Write(writer, @namespace, details);
    }

    /// <summary>Writes a worker session as one object; durations are in seconds.</summary>
    /// <param name="writer">Where the object goes.</param>
    /// <param name="session">The session.</param>
    public static void Write(Utf8JsonWriter writer, SessionRow session)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(session);
        writer.WriteStartObject();
        writer.WriteString("worker", session.Worker);
        writer.WriteString("session", session.Id.ToString());
        writer.WriteString("build", session.Build);
        writer.WriteString("host", session.Host);
        writer.WriteStartArray("workflows");
        foreach (var workflow in session.Workflows)
        {
            writer.WriteStringValue(workflow);
        }

        writer.WriteEndArray();
        writer.WriteNumber("concurrency", session.Concurrency);
        writer.WriteNumber("heartbeatInterval", session.HeartbeatInterval.TotalSeconds);
        writer.WriteNumber("claimTimeout", session.ClaimTimeout.TotalSeconds);
        JsonValues.WriteTime(writer, "startedAt", session.StartedAt);
        JsonValues.WriteTime(writer, "lastBeatAt", session.LastBeatAt);
        JsonValues.WriteTime(writer, "expiresAt", session.ExpiresAt);
        writer.WriteEndObject();
    }

    private static void WriteRowProperties(Utf8JsonWriter writer, string @namespace, ExecutionRow row)
    {
        var waitsForItsTime = row.Owner == SessionId.None && !row.State.IsTerminal();
        writer.WriteString("id", row.Id.ToString());
        writer.WriteString("workflow", row.Workflow);
        writer.WriteString("key", row.Key);
        writer.WriteString("namespace", @namespace);
        writer.WriteString("state", JsonValues.Camel(row.State));
        writer.WriteString("priority", JsonValues.Camel(row.Priority));
        writer.WriteNumber("attempt", row.Attempt);
        writer.WriteNumber("maxAttempts", row.MaxAttempts);
        writer.WriteNumber("crashes", row.Crashes);
        writer.WriteNumber("epoch", row.Epoch);
        writer.WriteString("owner", row.Owner == SessionId.None ? null : row.Owner.ToString());
        writer.WriteString(
            "blockedReason", row.BlockedReason == BlockedReason.None ? null : JsonValues.Camel(row.BlockedReason));
        writer.WriteBoolean("cancelRequested", row.Requests.HasFlag(ExecutionRequests.Cancel));
        JsonValues.WriteTime(writer, "createdAt", row.CreatedAt);
        JsonValues.WriteTime(writer, "startedAt", row.StartedAt);
        JsonValues.WriteTime(writer, "finishedAt", row.FinishedAt);
        JsonValues.WriteTime(writer, "dueAt", waitsForItsTime ? row.DueAt : null);
        JsonValues.WriteTime(writer, "deadline", row.Deadline);
    }

    /// <summary>Says what of the journal cannot be shown; it is not there at all for journals that are sound.</summary>
    private static void WriteProblems(Utf8JsonWriter writer, IReadOnlyList<JournalEntry> journal)
    {
        List<string> problems =
        [
            .. journal is [{ Kind: EntryKind.Input }, ..]
                ? []
                : new[] { "The journal does not begin with the input: it is damaged." },
            .. journal
                .Where(entry => entry.Kind == EntryKind.AttemptFailed
                    && EngineJson.TryReadAttemptEnd(entry.Input) is null)
                .Select(entry => $"What the failed attempt at seq {entry.Seq} leaves to the next cannot be read: "
                    + "the steps that it set aside are shown as if they counted."),
            .. journal
                .Where(entry => !Enum.IsDefined(entry.Kind))
                .Select(entry => $"The entry at seq {entry.Seq} is of a kind that only a newer version knows."),
        ];
        if (problems.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("problems");
        foreach (var problem in problems)
        {
            writer.WriteStringValue(problem);
        }

        writer.WriteEndArray();
    }

    private static void WriteCrashes(Utf8JsonWriter writer, IReadOnlyList<CrashRow> crashes)
    {
        writer.WriteStartArray("crashHistory");
        foreach (var crash in crashes)
        {
            writer.WriteStartObject();
            writer.WriteNumber("epoch", crash.Epoch);
            writer.WriteString("worker", JsonValues.NullIfEmpty(crash.Worker));
            writer.WriteString("session", crash.Session.ToString());
            JsonValues.WriteTime(writer, "at", crash.At);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRefusals(Utf8JsonWriter writer, IReadOnlyList<RefusalRow> refusals)
    {
        writer.WriteStartArray("refusals");
        foreach (var refusal in refusals)
        {
            writer.WriteStartObject();
            writer.WriteString("build", refusal.Build);
            JsonValues.WriteFailure(writer, "difference", refusal.Difference);
            JsonValues.WriteTime(writer, "at", refusal.At);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSteps(Utf8JsonWriter writer, IReadOnlyList<StepRecord> steps)
    {
        writer.WriteStartArray("steps");
        foreach (var step in steps)
        {
            writer.WriteStartObject();
            writer.WriteString("key", step.Key);
            JsonValues.WriteNumber(writer, "seq", step.Seq);
            writer.WriteNumber("attempt", step.Attempt);
            writer.WriteNumber("executionAttempt", step.ExecutionAttempt);
            writer.WriteNumber("epoch", step.Epoch);
            writer.WriteString("state", step.State);
            writer.WriteBoolean("superseded", step.Superseded);
            writer.WriteString("origin", step.Origin);
            JsonValues.WritePayload(writer, "input", step.Input);
            JsonValues.WritePayload(writer, "output", step.Output);
            JsonValues.WriteHash(writer, step.Output);
            JsonValues.WriteFailure(writer, "failure", step.Failure);
            JsonValues.WriteTime(writer, "startedAt", step.StartedAt);
            JsonValues.WriteTime(writer, "finishedAt", step.FinishedAt);
            writer.WriteString("worker", JsonValues.NullIfEmpty(step.Worker));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
