using System.Text.Json;
using Hydra.Storage;

namespace Hydra;

/// <summary>Writes statistics as one object.</summary>
internal static class StatisticsJson
{
    public static void Write(Utf8JsonWriter writer, Statistics statistics)
    {
        writer.WriteStartObject();
        writer.WriteString("namespace", statistics.Namespace);
        JsonValues.WriteTime(writer, "now", statistics.Counts.Now);
        writer.WriteNumber("limit", statistics.Limit);
        WriteExecutions(writer, statistics.Counts.Executions);
        WriteDue(writer, statistics.Counts.Due);
        writer.WriteNumber("dueNow", statistics.Due);
        JsonValues.WriteTime(writer, "oldestDueAt", statistics.OldestDueAt);
        writer.WriteNumber("liveWorkers", statistics.LiveWorkers.Count);
        writer.WriteNumber("slots", statistics.Slots);
        writer.WriteNumber("slotsInUse", statistics.SlotsInUse);
        writer.WriteNumber("quarantined", statistics.Quarantined);
        writer.WriteNumber("mismatched", statistics.Mismatched);
        writer.WriteBoolean("atLeast", statistics.AtLeast);
        writer.WriteEndObject();
    }

    private static void WriteExecutions(Utf8JsonWriter writer, IReadOnlyList<ExecutionCount> counts)
    {
        writer.WriteStartArray("executions");
        foreach (var count in counts)
        {
            writer.WriteStartObject();
            writer.WriteString("workflow", count.Workflow);
            writer.WriteString("state", JsonValues.Camel(count.State));
            writer.WriteString(
                "blockedReason",
                count.BlockedReason == BlockedReason.None ? null : JsonValues.Camel(count.BlockedReason));
            writer.WriteNumber("count", count.Count);
            writer.WriteBoolean("atLeast", count.AtLeast);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteDue(Utf8JsonWriter writer, IReadOnlyList<DueCount> counts)
    {
        writer.WriteStartArray("due");
        foreach (var due in counts)
        {
            writer.WriteStartObject();
            writer.WriteString("workflow", due.Workflow);
            writer.WriteNumber("count", due.Count);
            writer.WriteBoolean("atLeast", due.AtLeast);
            JsonValues.WriteTime(writer, "oldestDueAt", due.OldestDueAt);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
