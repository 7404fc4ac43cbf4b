using System.Buffers;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Hydra.Engine;

/// <summary>
/// Turns values into payloads and back, with the limits; the type always comes from the code, never from data.
/// </summary>
/// <remarks>
/// A payload says by its content type which serializer has written it, so several may do so in one journal, and by its
/// version which shape of the type it has: an older one is brought to today's before it is read.
/// </remarks>
internal sealed class PayloadSerializer
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    private readonly JsonSerializerOptions _options;
    private readonly JsonWriterOptions _writerOptions;
    private readonly Limits _limits;
    private readonly PayloadShapes _shapes;
    private readonly ConcurrentDictionary<Type, string?> _unreadable = new(); // Null for types that can be read.
    private readonly ConcurrentDictionary<Type, (JsonTypeInfo Info, byte[] Sensitive)> _written = new();

    public PayloadSerializer(JsonSerializerOptions options, Limits limits, PayloadShapes? shapes = null)
    {
        options.MakeReadOnly();
        _options = options;
        _limits = limits;
        _shapes = shapes ?? PayloadShapes.None;
        _writerOptions = new JsonWriterOptions
        {
            MaxDepth = options.MaxDepth == 0 ? 64 : options.MaxDepth,
            Encoder = options.Encoder,
            SkipValidation = true,
        };
    }

    public Limits Limits => _limits;

    public JsonSerializerOptions Options => _options;

    /// <summary>
    /// Names the serializers and versions that the application has added, as a part of the build's name.
    /// </summary>
    public IEnumerable<string> Names => _shapes.Names;

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

        var shape = _shapes.Of(typeof(T));
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        try
        {
            if (shape.Serializer is { } own)
            {
                own.Write(value, buffer);
                return CheckSize(Payload.Create(buffer.WrittenSpan, own.ContentType, shape.Version), what, name);
            }

            var (info, sensitive) = Find<T>();
            WriteJson(value, info, buffer);
            return CheckSize(
                sensitive.Length == 0
                    ? Payload.Create(buffer.WrittenSpan, Payload.Json, shape.Version)
                    : Payload.CreateSensitive(buffer.WrittenSpan, sensitive, shape.Version),
                what,
                name);
        }
        catch (Exception e) when (e is not HydraException)
        {
            // Whatever a converter or a property getter throws: the value cannot be recorded.
            _writer = null;
            throw WithheldMessages.Withheld(new PayloadException(
                $"{Describe(what, name)} ({typeof(T).Name}) cannot be serialized: {e.Message} "
                + (shape.Serializer is { } own
                    ? $"The serializer for {own.ContentType} does not write it."
                    : "Give it a type that System.Text.Json writes, without cycles and at most 64 levels deep."),
                e));
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

        if (payload.IsEncoded)
        {
            throw new PayloadException(payload.KeyId is { } key
                ? $"The payload is encrypted with key '{key}' and does not decrypt here: give this engine a key ring "
                    + "with that key, or find out what has changed its row if it has the key."
                : $"A payload with codec {payload.CodecId} cannot be read here: a newer version has written it.");
        }

        var shape = _shapes.Of(typeof(T));
        var isJson = payload.ContentType == Payload.Json;
        var own = isJson ? null : _shapes.Find(payload.ContentType, shape) ?? throw new PayloadException(
            $"A payload of type {payload.ContentType} cannot be read here: this engine has no serializer for it. Add "
            + "the one that has written it with HydraBuilder.Payloads.");
        try
        {
            return payload.Version != shape.Version ? ReadOtherVersion<T>(payload, shape, isJson)
                : own is not null ? own.Read<T>(payload.Data)
                : JsonSerializer.Deserialize(payload.Data.Span, Type<T>())!;
        }
        catch (Exception e) when (e is not HydraException)
        {
            throw WithheldMessages.Withheld(new PayloadException(
                $"A payload cannot be read as {typeof(T).Name}: {e.Message} Its bytes are kept as they are.", e));
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
        if (typeof(T) != typeof(Nothing) && _shapes.Of(typeof(T)).Serializer is null
            && _unreadable.GetOrAdd(typeof(T), WhyUnreadable, _options) is { } why)
        {
            throw new PayloadException(
                $"{Describe(what, name)} could never be read as {typeof(T).Name}: {why} Nothing was run. Give it a "
                + "type that System.Text.Json reads, such as a record, or a converter.");
        }
    }

    /// <summary>Checks a payload that was made elsewhere: its size, and that what says to be JSON is JSON.</summary>
    public Payload Check(Payload payload, string what, string? name = null)
    {
        if (payload.IsEncoded)
        {
            throw new PayloadException($"{Describe(what, name)} is encoded ({payload}), for another place: give it as "
                + "its serializer has written it.");
        }

        CheckSize(payload, what, name);
        return payload.ContentType == Payload.Json && SoundJson.WhyNot(payload.Data.Span) is { } why
            ? throw new PayloadException(
                $"{Describe(what, name)} is no JSON that can be read: {why} Mend it, or give it another content type, "
                + "such as application/octet-stream, when it is something else.")
            : payload;
    }

    private Payload CheckSize(Payload payload, string what, string? name) =>
        payload.Data.Length <= _limits.PayloadBytes
            ? payload
            : throw new PayloadException(
                $"{Describe(what, name)} has {payload.Data.Length:N0} bytes, but at most {_limits.PayloadBytes:N0} are "
                + "allowed. Keep large data elsewhere and pass a reference, or raise Limits.PayloadBytes.");

    private T ReadOtherVersion<T>(Payload payload, PayloadShape shape, bool isJson)
    {
        if (payload.Version > shape.Version)
        {
            throw new PayloadException(
                $"A payload of version {payload.Version} cannot be read as {typeof(T).Name}, which this build knows up "
                + $"to version {shape.Version}: a newer build has written it.");
        }

        if (!isJson)
        {
            throw new PayloadException(
                $"A payload of version {payload.Version} cannot be brought to version {shape.Version} of "
                + $"{typeof(T).Name}: it is of type {payload.ContentType}, and only JSON can be.");
        }

        var json = JsonNode.Parse(
            payload.Data.Span, nodeOptions: null, new JsonDocumentOptions { MaxDepth = _writerOptions.MaxDepth });
        json = shape.Upcast(json, payload.Version, typeof(T));
        return JsonSerializer.Deserialize(json, Type<T>())!;
    }

    private void WriteJson<T>(T value, JsonTypeInfo<T> info, ArrayBufferWriter<byte> buffer)
    {
        var writer = _writer;
        if (writer is null || writer.Options.MaxDepth != _writerOptions.MaxDepth
            || writer.Options.Encoder != _writerOptions.Encoder) // Another engine of this process may have left it.
        {
            _writer = writer = new Utf8JsonWriter(buffer, _writerOptions);
        }
        else
        {
            writer.Reset(buffer);
        }

        JsonSerializer.Serialize(writer, value, info);
        writer.Flush();
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

    private (JsonTypeInfo<T> Info, byte[] Sensitive) Find<T>()
    {
        if (!_written.TryGetValue(typeof(T), out var written))
        {
            written = (_options.GetTypeInfo(typeof(T)), SensitiveMembers.NamesOf(typeof(T), _options));
            _written.TryAdd(typeof(T), written);
        }

        return ((JsonTypeInfo<T>)written.Info, written.Sensitive);
    }

    private static string Describe(string what, string? name) => name is null ? what : $"{what} '{name}'";

    private JsonTypeInfo<T> Type<T>() => (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));
}
