using System.Text.Json;
using Hydra.Storage;

namespace Hydra;

/// <summary>Writes where an execution came from, as one object; null when a caller has simply started it.</summary>
internal static class OriginJson
{
    public static void Write(Utf8JsonWriter writer, Origin? origin)
    {
        if (origin is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("kind", JsonValues.Camel(origin.Kind));
        if (origin.Kind == OriginKind.Schedule)
        {
            writer.WriteString("schedule", origin.Name);
            JsonValues.WriteTime(writer, "at", origin.At);
        }
        else
        {
            writer.WriteString("source", origin.Source?.ToString());
        }

        if (origin.Kind == OriginKind.Fork)
        {
            writer.WriteString("step", origin.Name);
            JsonValues.WriteNumber(writer, "seq", origin.Seq == 0 ? null : origin.Seq);
            writer.WriteStartArray("edited");
            foreach (var edit in Enum.GetValues<ForkEdits>())
            {
                if (edit != ForkEdits.None && origin.Edits.HasFlag(edit))
                {
                    writer.WriteStringValue(JsonValues.Camel(edit));
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
