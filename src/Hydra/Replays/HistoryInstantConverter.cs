using System.Text.Json;
using System.Text.Json.Serialization;
using Hydra.Storage;

namespace Hydra;

/// <summary>A moment as its microseconds: exactly what is stored.</summary>
internal sealed class HistoryInstantConverter : JsonConverter<Instant>
{
    public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Micros);
}
