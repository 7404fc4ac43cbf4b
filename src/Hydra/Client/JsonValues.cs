using System.Globalization;
using System.Text.Json;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <summary>How single values stand in the JSON of an execution.</summary>
internal static class JsonValues
{
    public static string Camel<T>(T value) where T : struct, Enum =>
        JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    public static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    public static void WriteTime(Utf8JsonWriter writer, string name, Instant? at)
    {
        if (at is not { } time || time == Instant.Never)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteString(name, time.ToDateTimeOffset().UtcDateTime.ToString(
            "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    }

    public static void WriteNumber(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    /// <summary>Writes a payload's value as it was recorded, or what it is when it cannot be shown as JSON.</summary>
    public static void WritePayload(Utf8JsonWriter writer, string name, Payload payload)
    {
        writer.WritePropertyName(name);
        WritePayload(writer, payload);
    }

    public static void WritePayload(Utf8JsonWriter writer, Payload payload)
    {
        if (payload.IsNone)
        {
            writer.WriteNullValue();
        }
        else if (!IsPlainJson(payload) || !PayloadText.TryWrite(writer, payload))
        {
            WriteEnvelope(writer, payload);
        }
    }

    /// <summary>Writes the hash of a value; of one that has something sensitive it would tell too much.</summary>
    public static void WriteHash(Utf8JsonWriter writer, Payload payload) =>
        writer.WriteString("valueHash", payload.HasSensitive ? null : NullIfEmpty(payload.HashText));

    /// <summary>Writes a recorded failure with all its properties, also those that its record leaves out.</summary>
    public static void WriteFailure(Utf8JsonWriter writer, string name, Payload payload)
    {
        if (payload.IsNone || !payload.IsReadable || payload.CodecId != 0)
        {
            WritePayload(writer, name, payload);
            return;
        }

        writer.WritePropertyName(name);
        ExecutionJson.Write(writer, EngineJson.ReadFailure(payload));
    }

    private static bool IsPlainJson(Payload payload) =>
        payload.IsReadable && !payload.IsEncoded && payload.ContentType == Payload.Json;

    private static void WriteEnvelope(Utf8JsonWriter writer, Payload payload)
    {
        if (payload.IsEncoded)
        {
            writer.WriteStringValue(payload.Describe());
            return;
        }

        writer.WriteStartObject();
        if (payload.IsReadable)
        {
            writer.WriteString("contentType", payload.ContentType);
            writer.WriteNumber("codec", payload.CodecId);
            writer.WriteNumber("bytes", payload.Data.Length);
        }
        else
        {
            writer.WriteBase64String("unreadable", payload.Envelope.Span);
        }

        writer.WriteEndObject();
    }
}
