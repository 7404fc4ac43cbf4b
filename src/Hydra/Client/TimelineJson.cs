using System.Text.Json;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <summary>Writes what happened to an execution besides its steps, in the order of delivery.</summary>
/// <remarks>Together with the steps it accounts for every seq of the journal.</remarks>
internal static class TimelineJson
{
    public static void Write(Utf8JsonWriter writer, ExecutionDetails details)
    {
        writer.WriteStartArray("timeline");
        foreach (var entry in details.Journal.Where(entry => entry is not { Kind: EntryKind.Step, OriginSeq: 0 }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("seq", entry.Seq);
            writer.WriteString("kind", entry.IsRedelivered ? "redelivered" : JsonValues.Camel(entry.Kind));
            JsonValues.WriteTime(writer, "at", entry.At);
            writer.WriteNumber("epoch", entry.Epoch);
            writer.WriteString("worker", JsonValues.NullIfEmpty(entry.Worker));
            WriteWhatBelongs(writer, entry, details.Row);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteWhatBelongs(Utf8JsonWriter writer, JournalEntry entry, ExecutionRow row)
    {
        switch (entry.Kind)
        {
            case EntryKind.Step or EntryKind.Sleep when entry.OriginSeq != 0:
                WriteRedelivered(writer, entry);
                break;
            case EntryKind.Input when entry.Key.Length > 0:
                writer.WriteString("trace", entry.Key);
                break;
            case EntryKind.Sleep:
                writer.WriteString("key", entry.Key);
                writer.WriteNumber("position", entry.Position);
                JsonValues.WritePayload(writer, "input", entry.Input);
                break;
            case EntryKind.AttemptFailed:
                var end = EngineJson.TryReadAttemptEnd(entry.Input);
                writer.WriteNumber("attempt", end?.Attempt ?? entry.Attempt);
                JsonValues.WriteNumber(writer, "truncateAt", end?.TruncateAt);
                writer.WriteStartArray("carried");
                foreach (var seq in end?.Carried ?? [])
                {
                    writer.WriteNumberValue(seq);
                }

                writer.WriteEndArray();
                JsonValues.WriteFailure(writer, "failure", entry.Output);
                break;
            case EntryKind.Forked:
                writer.WriteString("key", entry.Key);
                JsonValues.WritePayload(writer, "input", entry.Input);
                break;
            case EntryKind.AttemptStarted:
                writer.WriteNumber("attempt", entry.Attempt);
                break;
            case EntryKind.Terminal:
                writer.WriteString("state", JsonValues.Camel(row.State));
                WriteOutcome(writer, entry);
                break;
            default:
                break;
        }
    }

    private static void WriteRedelivered(Utf8JsonWriter writer, JournalEntry entry)
    {
        writer.WriteString("of", JsonValues.Camel(entry.Kind));
        writer.WriteString("key", entry.Key);
        writer.WriteNumber("originSeq", entry.OriginSeq);
        writer.WriteNumber("attempt", entry.Attempt);
        writer.WriteString("state", entry.Failed ? "failed" : "completed");
        WriteOutcome(writer, entry);
    }

    private static void WriteOutcome(Utf8JsonWriter writer, JournalEntry entry)
    {
        JsonValues.WritePayload(writer, "output", entry.Failed ? default : entry.Output);
        JsonValues.WriteHash(writer, entry.Failed ? default : entry.Output);
        JsonValues.WriteFailure(writer, "failure", entry.Failed ? entry.Output : default);
    }
}
