using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hydra;

/// <summary>An execution's id as text.</summary>
internal sealed class HistoryIdConverter : JsonConverter<ExecutionId>
{
    public override ExecutionId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ExecutionId.TryParse(reader.GetString(), null, out var id)
            ? id
            : throw new JsonException("An execution id is expected.");

    public override void Write(Utf8JsonWriter writer, ExecutionId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
