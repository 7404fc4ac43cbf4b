using System.Text.Json;
using System.Text.Json.Serialization;
using Hydra.Storage;

namespace Hydra;

/// <summary>A session as its number.</summary>
internal sealed class HistorySessionConverter : JsonConverter<SessionId>
{
    public override SessionId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, SessionId value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}
