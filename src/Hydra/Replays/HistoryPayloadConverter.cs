using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hydra.Engine;

namespace Hydra;

/// <summary>
/// A payload as {"json": its value} where that says everything, so that people can read it; as {"base64": its envelope}
/// otherwise; null when there is no value.
/// </summary>
internal sealed class HistoryPayloadConverter : JsonConverter<Payload>
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    public override bool HandleNull => true;

    public override Payload Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        using var document = JsonDocument.ParseValue(ref reader);
        var payload = document.RootElement;
        if (payload.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("A payload is an object with \"json\" or \"base64\", or null.");
        }

        return payload.TryGetProperty("json", out var json)
            ? Payload.Create(Encoding.UTF8.GetBytes(json.GetRawText()))
            : payload.TryGetProperty("base64", out var envelope) && envelope.TryGetBytesFromBase64(out var bytes)
                ? Payload.FromStore(bytes)
                : throw new JsonException("A payload has \"json\" or \"base64\".");
    }

    public override void Write(Utf8JsonWriter writer, Payload value, JsonSerializerOptions options)
    {
        if (value.IsNone)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        if (CanStand(value))
        {
            writer.WritePropertyName("json");
            writer.WriteRawValue(value.Data.Span, skipInputValidation: true);
        }
        else
        {
            writer.WriteBase64String("base64", value.Envelope.Span);
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether its JSON alone makes the same payload again, and fits on the line.</summary>
    private static bool CanStand(Payload value)
    {
        if (!value.IsReadable || value.CodecId != 0 || value.ContentType != Payload.Json
            || value.Data.Span.IndexOfAny((byte)'\n', (byte)'\r') >= 0
            || SoundJson.WhyNot(value.Data.Span) is not null)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(value.Data, Deep);
            return Payload.Create(Encoding.UTF8.GetBytes(document.RootElement.GetRawText())) == value;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
