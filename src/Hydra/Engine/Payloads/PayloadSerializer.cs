using System.Buffers;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hydra.Engine;

/// <summary>
/// Turns values into payloads and back, with the limits; the type always comes from the code, never from data.
/// </summary>
internal sealed class PayloadSerializer
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    private readonly JsonSerializerOptions _options;
    private readonly JsonWriterOptions _writerOptions;
    private readonly Limits _limits;
    private readonly ConcurrentDictionary<Type, string?> _unreadable = new(); // Null for types that can be read.

    public PayloadSerializer(JsonSerializerOptions options, Limits limits)
    {
        options.MakeReadOnly();
        _options = options;
        _limits = limits;
        _writerOptions = new JsonWriterOptions
        {
            MaxDepth = options.MaxDepth == 0 ? 64 : options.MaxDepth,
            Encoder = options.Encoder,
            SkipValidation = true,
        };
    }

    public Limits Limits => _limits;

    public JsonSerializerOptions Options => _options;

    /// <summary>Serializes a value.</summary>
    /// <param name="value">The value; <see cref="Nothing"/> becomes no value at all.</param>
    /// <param name="what">What it is, for the message of an exception.</param>
    /// <param name="name">Whose it is, for the same message; null when that goes without saying.</param>
    public Payload Write<T>(T value, string what, string? name = null)
    {
        if (typeof(T) == typeof(Nothing))
        {
            return default;
        }

        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        var writer = _writer;
        buffer.ResetWrittenCount();
        if (writer is null || writer.Options.MaxDepth != _writerOptions.MaxDepth
            || writer.Options.Encoder != _writerOptions.Encoder) // Another engine of this process may have left it.
        {
            _writer = writer = new Utf8JsonWriter(buffer, _writerOptions);
        }
        else
        {
            writer.Reset(buffer);
        }

        try
        {
            JsonSerializer.Serialize(writer, value, Type<T>());
            writer.Flush();
            return Check(Payload.Create(buffer.WrittenSpan), what, name);
        }
        catch (Exception e) when (e is not HydraException)
        {
            // Whatever a converter or a property getter throws: the value cannot be recorded.
            _writer = null;
            throw new PayloadException(
                $"{Describe(what, name)} ({typeof(T).Name}) cannot be serialized: {e.Message} "
                + "Give it a type that System.Text.Json writes, without cycles and at most 64 levels deep.", e);
        }
        finally
        {
            if (buffer.Capacity > 256 * 1024)
            {
                _buffer = null;
                _writer = null;
            }
        }
    }

    /// <summary>Reads a value as the type that the code has today.</summary>
    public T Read<T>(Payload payload)
    {
        if (payload.IsNone)
        {
            return default!;
        }

        if (payload.CodecId != 0 || payload.ContentType != Payload.Json)
        {
            throw new PayloadException($"A payload of type {payload.ContentType}, codec {payload.CodecId}, "
                + "cannot be read here: only plain JSON can.");
        }

        try
        {
            return JsonSerializer.Deserialize(payload.Data.Span, Type<T>())!;
        }
        catch (Exception e) when (e is not HydraException)
        {
            throw new PayloadException(
                $"A payload cannot be read as {typeof(T).Name}: {e.Message} Its bytes are kept as they are.", e);
        }
    }

    /// <summary>
    /// Whether a recorded payload stands for the same value as one that today's type has written. A new optional
    /// property changes the bytes but not the value: what today's type makes of both is compared.
    /// </summary>
    public bool IsSameValue<T>(Payload recorded, Payload today)
    {
        if (today.HasSamePlaintext(recorded))
        {
            return true;
        }

        try
        {
            return !recorded.IsNone && !today.IsNone
                && Write(Read<T>(recorded), "The recorded value").HasSamePlaintext(today);
        }
        catch (PayloadException)
        {
            return false;
        }
    }

    /// <summary>Refuses a type whose values could be written and never be read back.</summary>
    /// <param name="what">What it is the type of, for the message of an exception.</param>
    /// <param name="name">Whose it is, for the same message.</param>
    public void EnsureReadable<T>(string what, string name)
    {
        if (typeof(T) != typeof(Nothing) && _unreadable.GetOrAdd(typeof(T), WhyUnreadable, _options) is { } why)
        {
            throw new PayloadException(
                $"{Describe(what, name)} could never be read as {typeof(T).Name}: {why} Nothing was run. Give it a "
                + "type that System.Text.Json reads, such as a record, or a converter.");
        }
    }

    /// <summary>What the metadata says; whatever a value may still bring to light it does not know.</summary>
    private static string? WhyUnreadable(Type type, JsonSerializerOptions options)
    {
        JsonTypeInfo info;
        try
        {
            info = options.GetTypeInfo(type);
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            return e.Message;
        }

        if (info is not { Kind: JsonTypeInfoKind.Object, CreateObject: null, PolymorphismOptions: null })
        {
            return null;
        }

        var bound = info.Properties.Count(static property => property.AssociatedParameter is not null);
        return info.ConstructorAttributeProvider switch
        {
            null when bound == 0 => type.IsInterface || type.IsAbstract
                ? "it is an interface or an abstract class without [JsonDerivedType]."
                : "it has no public constructor that can be used, or several and none with [JsonConstructor].",
            MethodBase constructor when constructor.GetParameters().Length > bound =>
                "a parameter of its constructor has no property of the same name.",
            _ => null,
        };
    }

    /// <summary>Checks a payload that was made elsewhere against the limits.</summary>
    public Payload Check(Payload payload, string what, string? name = null) =>
        payload.Data.Length <= _limits.PayloadBytes
            ? payload
            : throw new PayloadException(
                $"{Describe(what, name)} has {payload.Data.Length:N0} bytes, but at most {_limits.PayloadBytes:N0} are "
                + "allowed. Keep large data elsewhere and pass a reference, or raise Limits.PayloadBytes.");

    private static string Describe(string what, string? name) => name is null ? what : $"{what} '{name}'";

    private JsonTypeInfo<T> Type<T>() => (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));
}
