using System.Globalization;
using System.Text.Json;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <summary>How single values stand in the JSON of an execution.</summary>
internal static class JsonValues
{
    // A recorded payload may be nested as deeply as its serializer allowed; reading it back must not be what fails.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

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
        using var document = Read(payload);
        if (document is not null)
        {
            document.WriteTo(writer);
        }
        else if (payload.IsNone)
        {
            writer.WriteNullValue();
        }
        else
        {
            WriteEnvelope(writer, payload);
        }
    }

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

    /// <summary>Reads a payload of plain JSON; null when it is something else, or nothing.</summary>
    public static JsonDocument? Read(Payload payload)
    {
        if (payload.IsNone || !payload.IsReadable || payload.CodecId != 0 || payload.ContentType != Payload.Json)
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(payload.Data, Deep);
        }
        catch (JsonException)
        {
            return null; // Somebody else's serializer wrote it: it is shown like any other bytes.
        }
    }

    private static void WriteEnvelope(Utf8JsonWriter writer, Payload payload)
    {
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
