using System.Text.Json.Nodes;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <summary>
/// How values become payloads, and what becomes of those on their way to the database. By default they are JSON and
/// stored as they were serialized. Not safe from several threads at once.
/// </summary>
/// <remarks>
/// Encrypted are inputs and outputs of workflows and steps, of every attempt, failures with their messages, and the
/// differences of builds that refuse an execution. Names, keys, times and states are not.
/// </remarks>
public sealed class PayloadOptions
{
    private readonly Dictionary<Type, PayloadShape> _shapes = [];
    private IPayloadSerializer? _serializer;

    internal PayloadOptions()
    {
    }

    internal KeyRing? Keys { get; private set; }

    internal ISubjectKeyStore? SubjectKeyStore { get; private set; }

    internal int? CompressedFrom { get; private set; }

    internal PayloadShapes Shapes => new(_serializer, _shapes);

    /// <summary>Compresses payloads with Brotli, where that makes them smaller. Every engine reads them.</summary>
    /// <param name="from">The size from which on it is tried, in bytes, at least 1. The default is 1 KiB.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1.</exception>
    public PayloadOptions Compress(int from = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        CompressedFrom = from;
        return this;
    }

    /// <summary>
    /// Encrypts payloads with AES-256-GCM, each bound to its row, and reads what the ring's keys have.
    /// </summary>
    /// <remarks>
    /// Payloads that were stored before remain as they are and are read. An execution whose payloads were encrypted
    /// with a key that the ring lacks is blocked for this engine and goes on where the key is.
    /// </remarks>
    /// <param name="keys">The keys.</param>
    public PayloadOptions Encrypt(KeyRing keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        Keys = keys;
        return this;
    }

    /// <summary>
    /// Keeps the keys of subjects (<see cref="StartOptions.Subject"/>) elsewhere than in the engine's database, so that
    /// backups of that do not have them. They are wrapped with the ring of <see cref="Encrypt"/> all the same.
    /// </summary>
    /// <param name="keys">Where they are kept: the same for every process of the namespace.</param>
    public PayloadOptions SubjectKeys(ISubjectKeyStore keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        SubjectKeyStore = keys;
        return this;
    }

    /// <summary>
    /// Has another serializer write everything that has none of its own; it reads what it has written.
    /// </summary>
    /// <param name="serializer">The serializer. JSON that is recorded is still read.</param>
    /// <exception cref="ArgumentException">Its content type is empty, too long or that of JSON.</exception>
    public PayloadOptions Serialize(IPayloadSerializer serializer)
    {
        _serializer = Checked(serializer);
        return this;
    }

    /// <summary>Has another serializer write the values of one type.</summary>
    /// <typeparam name="T">The type, as the workflow or step names it: not those derived, nor its parts.</typeparam>
    /// <param name="serializer">The serializer. What another one has recorded is still read.</param>
    /// <exception cref="ArgumentException">Its content type is empty, too long or that of JSON.</exception>
    public PayloadOptions Serialize<T>(IPayloadSerializer serializer)
    {
        _shapes[typeof(T)] = ShapeOf<T>() with { Serializer = Checked(serializer) };
        return this;
    }

    /// <summary>
    /// Says that a type has changed its shape, and how JSON of an older version becomes JSON of the next. What is
    /// recorded is brought up version by version when it is read, also where replay compares inputs; what is written
    /// has the version behind the last one named here. A type of which nothing is said has version 0.
    /// </summary>
    /// <typeparam name="T">The type, as the workflow or step names it: not those derived, nor its parts.</typeparam>
    /// <param name="from">The version that is brought to the next, from 0 on; at most 65,534.</param>
    /// <param name="upcast">
    /// Makes the next version's JSON of that of this version, which it may change. It has no effects and always makes
    /// the same of the same. What it throws blocks the execution for this build.
    /// </param>
    /// <exception cref="ArgumentException">This version has one already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such version.</exception>
    public PayloadOptions Upcast<T>(int from, Func<JsonNode?, JsonNode?> upcast)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, ushort.MaxValue);
        ArgumentNullException.ThrowIfNull(upcast);
        var shape = ShapeOf<T>();
        if (shape.Upcasts.ContainsKey(from))
        {
            throw new ArgumentException(
                $"Version {from} of {typeof(T).Name} is brought to the next already.", nameof(from));
        }

        _shapes[typeof(T)] = shape with
        {
            Upcasts = new Dictionary<int, Func<JsonNode?, JsonNode?>>(shape.Upcasts) { [from] = upcast },
            Version = Math.Max(shape.Version, from + 1),
        };
        return this;
    }

    private static IPayloadSerializer Checked(IPayloadSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        _ = Payload.Create([], serializer.ContentType);
        return serializer.ContentType != Payload.Json
            ? serializer
            : throw new ArgumentException(
                $"The content type {Payload.Json} is that of the engine's own JSON, by which that is read. Give the "
                + "serializer one of its own, such as application/x-own+json.",
                nameof(serializer));
    }

    private PayloadShape ShapeOf<T>() => _shapes.GetValueOrDefault(typeof(T)) ?? new PayloadShape();
}
