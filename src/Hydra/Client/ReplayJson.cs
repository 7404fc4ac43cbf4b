using System.Text.Json;
using Hydra.Storage;

namespace Hydra;

/// <summary>Writes what came of a replay.</summary>
internal static class ReplayJson
{
    public static void WriteProperties(Utf8JsonWriter writer, ReplayReport report)
    {
        writer.WriteString("verdict", JsonValues.Camel(report.Verdict));
        writer.WriteString("difference", report.Difference);
        writer.WriteStartArray("warnings");
        foreach (var warning in report.Warnings)
        {
            writer.WriteStringValue(warning);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("steps");
        foreach (var step in report.Steps)
        {
            Write(writer, step);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("calls");
        foreach (var call in report.Calls)
        {
            Write(writer, call);
        }

        writer.WriteEndArray();
        Write(writer, "recordedEnd", report.RecordedEnd);
        Write(writer, "foundEnd", report.FoundEnd);
    }

    private static void Write(Utf8JsonWriter writer, ReplayStep step)
    {
        var recorded = step.Recorded;
        var hasCall = recorded.Kind is EntryKind.Step or EntryKind.Sleep;
        writer.WriteStartObject();
        writer.WriteNumber("seq", recorded.Seq);
        writer.WriteString("kind", JsonValues.Camel(recorded.Kind));
        writer.WriteString("key", JsonValues.NullIfEmpty(recorded.Key));
        JsonValues.WriteNumber(writer, "position", hasCall ? recorded.Position : null);
        JsonValues.WriteNumber(writer, "ordinal", hasCall ? recorded.Ordinal : null);
        JsonValues.WritePayload(writer, "input", recorded.Input);
        JsonValues.WritePayload(writer, "output", recorded.Failed ? default : recorded.Output);
        JsonValues.WriteFailure(writer, "failure", recorded.Failed ? recorded.Output : default);
        writer.WriteBoolean("equal", step.IsEqual);
        writer.WritePropertyName("found");
        if (step.Issued is { } call)
        {
            Write(writer, call);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ReplayCall call)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", JsonValues.Camel(call.Kind));
        writer.WriteString("key", call.Key);
        writer.WriteNumber("position", call.Position);
        writer.WriteNumber("ordinal", call.Ordinal);
        JsonValues.WritePayload(writer, "input", call.Input);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, ReplayEnd? end)
    {
        writer.WritePropertyName(name);
        if (end is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("state", JsonValues.Camel(end.State));
        JsonValues.WritePayload(writer, "output", end.Output);
        writer.WritePropertyName("failure");
        ExecutionJson.Write(writer, end.Failure);
        writer.WriteEndObject();
    }
}
