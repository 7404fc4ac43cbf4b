using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Hydra;

/// <summary>
/// Names one execution: a UUID of version 7 whose last byte is the logical shard that leads every key.
/// </summary>
/// <remarks>
/// The shard comes from the hash of namespace and key when there is a key, so that the shard is known from the id and
/// from the key alike; it is what lets the same tables be distributed over many database servers.
/// </remarks>
public readonly struct ExecutionId : IEquatable<ExecutionId>, IComparable<ExecutionId>, ISpanFormattable,
    ISpanParsable<ExecutionId>
{
    private readonly Guid _value;

    /// <summary>Wraps an id that a store has kept.</summary>
    /// <param name="value">The UUID, whose last byte is the shard.</param>
    public ExecutionId(Guid value) => _value = value;

    /// <summary>The id as a UUID.</summary>
    public Guid Value => _value;

    /// <summary>The logical shard, 0 to 255: the last byte of the id.</summary>
    public byte Shard
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            _value.TryWriteBytes(bytes, bigEndian: true, out _);
            return bytes[15];
        }
    }

    /// <summary>The shard of every execution with a key, so that the key alone finds it.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="key">The idempotency key.</param>
    public static byte ShardOf(string @namespace, string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{@namespace}\0{key}"), hash);
        return hash[0];
    }

    /// <summary>Composes an id from its time, its random part and its shard.</summary>
    /// <param name="unixMilliseconds">The time of creation, which leads the id: ids sort by it.</param>
    /// <param name="random">74 random bits, of which the 66 that the shard leaves are used.</param>
    /// <param name="shard">The logical shard.</param>
    public static ExecutionId Create(long unixMilliseconds, UInt128 random, byte shard)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, random);
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, unixMilliseconds);
        time[2..].CopyTo(bytes);
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F)); // Version 7 of RFC 9562.
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F)); // Its variant.
        bytes[15] = shard;
        return new ExecutionId(new Guid(bytes, bigEndian: true));
    }

    /// <summary>Writes the id's 16 bytes in the order in which ids sort.</summary>
    /// <param name="destination">At least 16 bytes.</param>
    /// <exception cref="ArgumentException">The destination is shorter than 16 bytes.</exception>
    public void WriteBytes(Span<byte> destination)
    {
        if (!_value.TryWriteBytes(destination, bigEndian: true, out _))
        {
            throw new ArgumentException("An execution id needs 16 bytes.", nameof(destination));
        }
    }

    /// <summary>The id's 16 bytes in the order in which ids sort.</summary>
    public byte[] ToByteArray() => _value.ToByteArray(bigEndian: true);

    /// <summary>Reads an id from its 16 bytes.</summary>
    /// <param name="bytes">Exactly 16 bytes.</param>
    /// <exception cref="ArgumentException">There are not exactly 16 bytes.</exception>
    public static ExecutionId FromBytes(ReadOnlySpan<byte> bytes) => new(new Guid(bytes, bigEndian: true));

    /// <inheritdoc/>
    public bool Equals(ExecutionId other) => _value == other._value;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ExecutionId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(ExecutionId other) => _value.CompareTo(other._value);

    /// <summary>The id in lower case with hyphens.</summary>
    public override string ToString() => _value.ToString("D");

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        _value.TryFormat(destination, out charsWritten, "D");

    /// <summary>Reads an id from its text.</summary>
    /// <param name="text">A UUID with hyphens.</param>
    /// <exception cref="FormatException">The text is no such UUID.</exception>
    public static ExecutionId Parse(string text) => Parse(text, provider: null);

    /// <inheritdoc/>
    public static ExecutionId Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static ExecutionId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var id)
            ? id
            : throw new FormatException($"'{s}' is not an execution id, which looks like {new ExecutionId(default)}.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ExecutionId result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ExecutionId result)
    {
        var parsed = Guid.TryParseExact(s, "D", out var value);
        result = new ExecutionId(value);
        return parsed;
    }

    /// <summary>Whether both name the same execution.</summary>
    public static bool operator ==(ExecutionId left, ExecutionId right) => left.Equals(right);

    /// <summary>Whether they name different executions.</summary>
    public static bool operator !=(ExecutionId left, ExecutionId right) => !left.Equals(right);

    /// <summary>Whether the left one sorts first.</summary>
    public static bool operator <(ExecutionId left, ExecutionId right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one sorts first, or both are the same.</summary>
    public static bool operator <=(ExecutionId left, ExecutionId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the right one sorts first.</summary>
    public static bool operator >(ExecutionId left, ExecutionId right) => left.CompareTo(right) > 0;

    /// <summary>Whether the right one sorts first, or both are the same.</summary>
    public static bool operator >=(ExecutionId left, ExecutionId right) => left.CompareTo(right) >= 0;
}
