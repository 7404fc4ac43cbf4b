using System.Text.Json;

namespace Hydra;

/// <summary>Writes lineages and traces as JSON.</summary>
internal static class LineageJson
{
    public static void Write(Utf8JsonWriter writer, Lineage lineage)
    {
        writer.WriteStartObject();
        writer.WriteString("id", lineage.Id.ToString());
        writer.WriteBoolean("atLeast", lineage.AtLeast);
        writer.WriteStartArray("executions");
        foreach (var node in lineage.Executions)
        {
            writer.WriteStartObject();
            writer.WriteString("id", node.Id.ToString());
            writer.WriteNumber("depth", node.Depth);
            writer.WriteString("workflow", node.Row?.Workflow);
            writer.WriteString("key", node.Row?.Key);
            writer.WriteString("state", node.Row is { } row ? JsonValues.Camel(row.State) : null);
            JsonValues.WriteTime(writer, "createdAt", node.Row?.CreatedAt);
            writer.WritePropertyName("origin");
            OriginJson.Write(writer, node.Origin);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, Trace trace)
    {
        writer.WriteStartObject();
        writer.WriteNumber("executionsRead", trace.ExecutionsRead);
        writer.WriteBoolean("atLeast", trace.AtLeast);
        writer.WriteStartArray("matches");
        foreach (var match in trace.Matches)
        {
            writer.WriteStartObject();
            writer.WriteString("id", match.Execution.ToString());
            writer.WriteString("workflow", match.Workflow);
            writer.WriteString("role", JsonValues.Camel(match.Role));
            writer.WriteString("step", JsonValues.NullIfEmpty(match.Step));
            writer.WriteNumber("seq", match.Seq);
            writer.WriteString("path", match.Path);
            JsonValues.WriteTime(writer, "at", match.At);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
