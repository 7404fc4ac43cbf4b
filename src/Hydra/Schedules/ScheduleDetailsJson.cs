using System.Globalization;
using System.Text.Json;
using Hydra.Storage;

namespace Hydra;

/// <summary>Writes a schedule as JSON, in the manner of <see cref="ExecutionJson"/>; spans are in seconds.</summary>
internal static class ScheduleDetailsJson
{
    public static void Write(Utf8JsonWriter writer, string @namespace, ScheduleDetails details)
    {
        var schedule = details.Schedule;
        writer.WriteStartObject();
        writer.WriteString("name", schedule.Name);
        writer.WriteString("workflow", schedule.Workflow);
        writer.WriteString("namespace", @namespace);
        writer.WriteString("cron", schedule.Timetable.Expression);
        writer.WriteString("timeZone", schedule.Timetable.TimeZone);
        WriteSeconds(writer, "interval", schedule.Timetable.Interval);
        WriteTime(writer, "anchor", schedule.Timetable.Anchor);
        WriteOptions(writer, schedule.Options);
        JsonValues.WritePayload(writer, "input", schedule.Input);
        writer.WriteBoolean("paused", details.Paused);
        WriteTime(writer, "pausedAt", details.PausedAt);
        writer.WriteString("note", details.Note);
        writer.WriteBoolean("declared", details.Declared);
        WriteTime(writer, "nextAt", details.NextAt);
        WriteTime(writer, "lastAt", details.LastAt);
        writer.WriteNumber("started", details.Started);
        writer.WriteNumber("skipped", details.Skipped);
        WriteTimes(writer, "waiting", details.Waiting);
        writer.WriteStartArray("running");
        foreach (var id in details.Running)
        {
            writer.WriteStringValue(id.ToString());
        }

        writer.WriteEndArray();
        writer.WriteNumber("backfills", details.Backfills);
        writer.WriteString("problem", details.Problem);
        WriteTime(writer, "createdAt", details.CreatedAt);
        WriteTime(writer, "changedAt", details.ChangedAt);
        writer.WriteEndObject();
    }

    private static void WriteTimes(Utf8JsonWriter writer, string name, IReadOnlyList<DateTimeOffset> times)
    {
        writer.WriteStartArray(name);
        foreach (var time in times)
        {
            writer.WriteStringValue(time.UtcDateTime.ToString(
                "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        }

        writer.WriteEndArray();
    }

    private static void WriteOptions(Utf8JsonWriter writer, ScheduleOptions options)
    {
        WriteTime(writer, "startAt", options.StartAt);
        WriteTime(writer, "endAt", options.EndAt);
        WriteSeconds(writer, "jitter", options.Jitter);
        writer.WriteString("overlap", JsonValues.Camel(options.Overlap));
        writer.WriteString("catchUp", JsonValues.Camel(options.CatchUp));
        WriteSeconds(writer, "catchUpWindow", options.CatchUpWindow);
        JsonValues.WriteNumber(writer, "maxAttempts", options.Start?.MaxAttempts);
        WriteSeconds(writer, "retryBackoff", options.Start?.RetryBackoff);
        WriteSeconds(writer, "timeout", options.Start?.Timeout);
        writer.WriteString("priority", JsonValues.Camel(options.Start?.Priority ?? ExecutionPriority.Normal));
        writer.WriteString("subject", options.Start?.Subject);
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time) =>
        JsonValues.WriteTime(writer, name, time is { } at ? Instant.From(at) : null);

    private static void WriteSeconds(Utf8JsonWriter writer, string name, TimeSpan? span)
    {
        if (span is { } value)
        {
            writer.WriteNumber(name, value.TotalSeconds);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
