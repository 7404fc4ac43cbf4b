using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hydra.Engine;

/// <summary>A payload as it is shown to people: what is sensitive is masked, what is encoded says so.</summary>
internal static class PayloadText
{
    private const string Mask = "[sensitive]";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // A recorded payload may be nested as deeply as its serializer allowed; reading it back must not be what fails.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = SoundJson.MaxDepth };

    /// <summary>The text of a payload's data, which the caller knows to be text.</summary>
    public static string Of(Payload payload)
    {
        if (payload.IsEncoded)
        {
            return payload.Describe();
        }

        if (!payload.HasSensitive)
        {
            return Encoding.UTF8.GetString(payload.Data.Span);
        }

        return IsSound(payload) ? Encoding.UTF8.GetString(Masked(payload).Span) : Mask;
    }

    /// <summary>Reads a payload of JSON as it is shown; null when it is something else, or nothing.</summary>
    public static JsonDocument? Read(Payload payload)
    {
        if (payload.IsNone || !payload.IsReadable || payload.IsEncoded || payload.ContentType != Payload.Json
            || !IsSound(payload))
        {
            return null;
        }

        return JsonDocument.Parse(payload.HasSensitive ? Masked(payload) : payload.Data, Deep);
    }

    /// <summary>Writes a payload of plain JSON.</summary>
    /// <returns>Whether it is one; nothing is written otherwise.</returns>
    public static bool TryWrite(Utf8JsonWriter writer, Payload payload)
    {
        if (!IsSound(payload))
        {
            return false;
        }

        Write(writer, payload);
        return true;
    }

    /// <summary>What is not, somebody else's serializer wrote: it is shown like any other bytes.</summary>
    private static bool IsSound(Payload payload) => SoundJson.WhyNot(payload.Data.Span) is null;

    private static ReadOnlyMemory<byte> Masked(Payload payload)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
        {
            Write(writer, payload);
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, Payload payload)
    {
        using var document = JsonDocument.Parse(payload.Data, Deep);
        if (!payload.HasSensitive)
        {
            document.WriteTo(writer);
            return;
        }

        var names = payload.SensitiveNames;
        if (names.Contains(SensitiveMembers.Everything))
        {
            writer.WriteStringValue(Mask);
        }
        else
        {
            Write(writer, document.RootElement, names);
        }
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element, IReadOnlySet<string> names)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in element.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    if (names.Contains(property.Name))
                    {
                        writer.WriteStringValue(Mask);
                    }
                    else
                    {
                        Write(writer, property.Value, names);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item, names);
                }

                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
