using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Hydra;

/// <summary>A serialized value with its envelope: content type, version, codec and the hash of its plaintext.</summary>
/// <remarks>
/// One array holds all of it, so stores keep payloads as opaque bytes. The first twenty bytes are fixed, so that SQL
/// can show the text of a plain JSON payload as everything from byte 21 on:
/// format (1), content type (1), version (2, big-endian), codec (1), reserved (1), hash (14 of the plaintext's
/// SHA-256).
/// Content type 0 stands for "no value"; 255 means that a length byte and the type's name follow the fixed part; 3 is
/// JSON with sensitive members, whose names follow behind their length (2, big-endian), in UTF-8 with NUL between.
/// The codec is a set of bits. 1: the data is compressed with Brotli, behind its length (4, big-endian). 2: it is
/// encrypted with AES-256-GCM, after it was compressed; the hash is then nonce (12) and zeros, and the data is
/// the length of the key's name (1), the name, ciphertext and tag (16).
/// </remarks>
public readonly struct Payload : IEquatable<Payload>
{
    /// <summary>The bytes before the data of a payload with a well-known content type: 20.</summary>
    public const int HeaderLength = 20;

    /// <summary>The content type of the default serializer.</summary>
    public const string Json = "application/json";

    private const byte Format = 1;
    private const byte NamedType = 255;
    private const byte SensitiveJson = 3; // Which no view shows, and no older version reads.
    private const int CodecOffset = 4;
    private const int HashOffset = 6;
    private const int HashLength = 14;

    /// <summary>The bit of the codec that says that the data is compressed.</summary>
    internal const byte Compressed = 1;

    /// <summary>The bit of the codec that says that the data is encrypted.</summary>
    internal const byte Encrypted = 2;

    private readonly ReadOnlyMemory<byte> _envelope;

    private Payload(ReadOnlyMemory<byte> envelope) => _envelope = envelope;

    /// <summary>Whether there is no value at all: a step without input, a workflow without output.</summary>
    public bool IsNone => _envelope.IsEmpty;

    /// <summary>
    /// Whether this version can read the envelope. It cannot when a newer version wrote it or the row is damaged; then
    /// type, version, codec and data throw a <see cref="PayloadException"/>, and the hash is empty.
    /// </summary>
    public bool IsReadable => IsNone || IsEnvelope(_envelope.Span);

    /// <summary>The envelope as a store keeps it; empty when there is no value.</summary>
    public ReadOnlyMemory<byte> Envelope => _envelope;

    /// <summary>What kind of data it is, such as "application/json"; empty when there is no value.</summary>
    public string ContentType => IsNone ? "" : Readable[1] switch
    {
        1 or SensitiveJson => Json,
        2 => "application/octet-stream",
        NamedType => Encoding.UTF8.GetString(_envelope.Span.Slice(HeaderLength + 1, _envelope.Span[HeaderLength])),
        var other => throw new PayloadException($"Content type {other} of a payload is unknown to this version."),
    };

    /// <summary>The version of the data's shape, 0 when nobody counts.</summary>
    public int Version => IsNone ? 0 : BinaryPrimitives.ReadUInt16BigEndian(Readable[2..]);

    /// <summary>
    /// How the data is encoded, a set of bits: 0 means as the serializer wrote it, 1 compressed, 2 encrypted.
    /// </summary>
    public byte CodecId => IsNone ? (byte)0 : Readable[CodecOffset];

    /// <summary>
    /// The name of the key that it is encrypted with; null when it is not, or when it cannot be told.
    /// </summary>
    public string? KeyId => IsReadable && (CodecId & Encrypted) != 0 && Data.Span is [var length, .. var rest]
        && length <= rest.Length
            ? Encoding.UTF8.GetString(rest[..length])
            : null;

    /// <summary>
    /// Whether it can be read as an envelope and its data is encoded, so that only a codec can read that.
    /// </summary>
    internal bool IsEncoded => !IsNone && IsEnvelope(_envelope.Span) && _envelope.Span[CodecOffset] != 0;

    /// <summary>The data behind the envelope.</summary>
    public ReadOnlyMemory<byte> Data => IsNone ? default : _envelope[DataOffset..];

    /// <summary>The size of data and envelope together, in bytes.</summary>
    public int Length => _envelope.Length;

    /// <summary>
    /// The leading bytes of the SHA-256 of the plaintext; empty when there is no value, or when it is encrypted.
    /// </summary>
    public ReadOnlySpan<byte> Hash => IsNone || !IsReadable || (CodecId & Encrypted) != 0
        ? default
        : _envelope.Span.Slice(HashOffset, HashLength);

    /// <summary>The hash in lower-case hexadecimal; empty when there is no value.</summary>
    public string HashText => Convert.ToHexStringLower(Hash);

    private ReadOnlySpan<byte> Readable => IsEnvelope(_envelope.Span)
        ? _envelope.Span
        : throw new PayloadException("A stored payload has no envelope that this version can read.");

    private int DataOffset => Readable[1] switch
    {
        NamedType => HeaderLength + 1 + _envelope.Span[HeaderLength],
        SensitiveJson => HeaderLength + 2 + NamesLength(_envelope.Span),
        _ => HeaderLength,
    };

    /// <summary>Whether it says of members of its JSON that they are sensitive.</summary>
    internal bool HasSensitive => !IsNone && IsEnvelope(_envelope.Span) && _envelope.Span[1] == SensitiveJson;

    /// <summary>The names of those members.</summary>
    internal IReadOnlySet<string> SensitiveNames => !HasSensitive
        ? new HashSet<string>()
        : Encoding.UTF8.GetString(_envelope.Span.Slice(HeaderLength + 2, NamesLength(_envelope.Span)))
            .Split('\0')
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Wraps plaintext data in an envelope.</summary>
    /// <param name="data">The data as a serializer wrote it.</param>
    /// <param name="contentType">What kind of data it is; at most 200 bytes of UTF-8.</param>
    /// <param name="version">The version of its shape, 0 to 65,535.</param>
    /// <exception cref="ArgumentException">The content type is empty or too long.</exception>
    public static Payload Create(ReadOnlySpan<byte> data, string contentType = Json, int version = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(contentType);
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(version, ushort.MaxValue);
        byte type = contentType switch { Json => 1, "application/octet-stream" => 2, _ => NamedType };
        var name = type == NamedType ? Encoding.UTF8.GetBytes(contentType) : [];
        if (name.Length > 200)
        {
            throw new ArgumentException("A content type has at most 200 bytes.", nameof(contentType));
        }

        var offset = HeaderLength + (type == NamedType ? 1 + name.Length : 0);
        var envelope = new byte[offset + data.Length];
        envelope[0] = Format;
        envelope[1] = type;
        BinaryPrimitives.WriteUInt16BigEndian(envelope.AsSpan(2), (ushort)version);
        WriteHash(data, envelope.AsSpan(HashOffset, HashLength));
        if (type == NamedType)
        {
            envelope[HeaderLength] = (byte)name.Length;
            name.CopyTo(envelope, HeaderLength + 1);
        }

        data.CopyTo(envelope.AsSpan(offset));
        return new Payload(envelope);
    }

    /// <summary>Wraps JSON that has sensitive members.</summary>
    /// <param name="data">The JSON.</param>
    /// <param name="names">The names of those members, with NUL between.</param>
    /// <param name="version">The version of its shape.</param>
    internal static Payload CreateSensitive(ReadOnlySpan<byte> data, ReadOnlySpan<byte> names, int version)
    {
        var offset = HeaderLength + 2 + names.Length;
        var envelope = new byte[offset + data.Length];
        envelope[0] = Format;
        envelope[1] = SensitiveJson;
        BinaryPrimitives.WriteUInt16BigEndian(envelope.AsSpan(2), (ushort)version);
        WriteHash(data, envelope.AsSpan(HashOffset, HashLength));
        BinaryPrimitives.WriteUInt16BigEndian(envelope.AsSpan(HeaderLength), checked((ushort)names.Length));
        names.CopyTo(envelope.AsSpan(HeaderLength + 2));
        data.CopyTo(envelope.AsSpan(offset));
        return new Payload(envelope);
    }

    /// <summary>Reads a payload that a store has kept.</summary>
    /// <param name="envelope">The bytes of <see cref="Envelope"/>; empty for no value.</param>
    /// <exception cref="PayloadException">The bytes are no envelope that this version can read.</exception>
    public static Payload FromEnvelope(ReadOnlyMemory<byte> envelope)
    {
        var payload = new Payload(envelope);
        _ = payload.CodecId;
        return payload;
    }

    /// <summary>
    /// Takes over whatever bytes a row holds. What is no envelope fails when it is used, so that one bad row does not
    /// keep its neighbours from being read.
    /// </summary>
    /// <param name="envelope">The bytes; empty for no value.</param>
    public static Payload FromStore(ReadOnlyMemory<byte> envelope) => new(envelope);

    /// <summary>The hash of a value as it stands in <see cref="HashText"/> once the value is a payload.</summary>
    /// <param name="data">The data as a serializer writes it.</param>
    public static string ComputeHashText(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[HashLength];
        WriteHash(data, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>
    /// Whether both stand for the same plaintext, judged by content type, version and hash; never where one of them is
    /// encrypted.
    /// </summary>
    /// <param name="other">The payload to compare with.</param>
    public bool HasSamePlaintext(Payload other) =>
        IsNone == other.IsNone && IsReadable && other.IsReadable && (IsNone
            || (!Hash.IsEmpty && Hash.SequenceEqual(other.Hash)
                && Version == other.Version && ContentType == other.ContentType));

    /// <summary>Makes room for this payload's data in another form, behind what stays of its envelope.</summary>
    /// <param name="codec">How the data will be encoded.</param>
    /// <param name="nonce">What takes the place of the hash; empty to keep the hash.</param>
    /// <param name="length">How long the data will be.</param>
    /// <param name="data">Where to write it.</param>
    internal Payload Encode(byte codec, ReadOnlySpan<byte> nonce, int length, out Span<byte> data)
    {
        var envelope = new byte[DataOffset + length];
        _envelope.Span[..DataOffset].CopyTo(envelope);
        envelope[CodecOffset] = codec;
        if (!nonce.IsEmpty)
        {
            envelope.AsSpan(HashOffset, HashLength).Clear();
            nonce.CopyTo(envelope.AsSpan(HashOffset));
        }

        data = envelope.AsSpan(DataOffset);
        return new Payload(envelope);
    }

    /// <summary>
    /// Gives back the payload that <see cref="Encode"/> was called on, now that its data is known again.
    /// </summary>
    /// <param name="data">The data as the serializer wrote it.</param>
    internal Payload Decode(ReadOnlySpan<byte> data)
    {
        var decoded = Encode(codec: 0, default, data.Length, out var room);
        data.CopyTo(room);
        WriteHash(data, decoded.Room.Slice(HashOffset, HashLength));
        return decoded;
    }

    /// <summary>Everything before the data, as it is authenticated with it.</summary>
    internal ReadOnlySpan<byte> Header => _envelope.Span[..DataOffset];

    /// <summary>The nonce of an encrypted payload.</summary>
    internal ReadOnlySpan<byte> Nonce => _envelope.Span.Slice(HashOffset, 12);

    private Span<byte> Room => MemoryMarshal.AsMemory(_envelope).Span; // Only while nobody else has seen it.

    /// <inheritdoc/>
    public bool Equals(Payload other) => _envelope.Span.SequenceEqual(other._envelope.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Payload other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.IsEmpty ? _envelope.Length : BinaryPrimitives.ReadInt32BigEndian(Hash);

    /// <summary>Names type, size and hash, never the content.</summary>
    public override string ToString() => IsNone ? "none"
        : !IsReadable ? $"unreadable, {Length} bytes"
        : (CodecId & Encrypted) != 0 ? $"{ContentType}, {Length} bytes, encrypted with key '{KeyId}'"
        : $"{ContentType}, {Length} bytes, hash {HashText}";

    /// <summary>What is shown to people in the place of data that is encoded.</summary>
    internal string Describe() => KeyId is { } key ? $"[encrypted, key {key}]" : $"[encoded, codec {CodecId}]";

    /// <summary>Whether both hold the same bytes.</summary>
    public static bool operator ==(Payload left, Payload right) => left.Equals(right);

    /// <summary>Whether they hold different bytes.</summary>
    public static bool operator !=(Payload left, Payload right) => !left.Equals(right);

    private static bool IsEnvelope(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderLength && bytes[0] == Format && bytes[1] switch
        {
            NamedType => bytes.Length > HeaderLength && bytes.Length > HeaderLength + bytes[HeaderLength],
            SensitiveJson => bytes.Length >= HeaderLength + 2
                && bytes.Length >= HeaderLength + 2 + NamesLength(bytes),
            _ => true,
        };

    private static int NamesLength(ReadOnlySpan<byte> envelope) =>
        BinaryPrimitives.ReadUInt16BigEndian(envelope[HeaderLength..]);

    private static void WriteHash(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        hash[..HashLength].CopyTo(destination);
    }
}
