using System.Security.Cryptography;
using System.Text;

namespace Hydra;

/// <summary>A key of 256 bits with a name, by which encrypted payloads say what they were encrypted with.</summary>
/// <remarks>Its bytes are never shown, logged or stored. Safe from many threads at once.</remarks>
public sealed class EncryptionKey
{
    /// <summary>The length of a key, in bytes: 32.</summary>
    public const int Length = 32;

    internal const int MaxIdBytes = 100;

    private readonly byte[] _bytes;

    /// <summary>Makes a key of bytes that you keep elsewhere.</summary>
    /// <param name="id">Its name, 1 to 100 bytes of UTF-8: letters, digits, '-', '_' and '.'. It is stored.</param>
    /// <param name="bytes">32 bytes from a source of randomness. They are copied.</param>
    /// <exception cref="ArgumentException">The name is not allowed, or there are not 32 bytes.</exception>
    public EncryptionKey(string id, ReadOnlySpan<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        if (Encoding.UTF8.GetByteCount(id) > MaxIdBytes
            || !id.All(static c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new ArgumentException(
                $"The name of a key ('{id}') has 1 to {MaxIdBytes} bytes: letters, digits, '-', '_' and '.'.",
                nameof(id));
        }

        if (bytes.Length != Length)
        {
            throw new ArgumentException(
                $"Key '{id}' has {bytes.Length} bytes instead of {Length}. Make one with EncryptionKey.Generate.",
                nameof(bytes));
        }

        Id = id;
        _bytes = bytes.ToArray();
    }

    /// <summary>A key that is not of the ring, with a name that none there can have.</summary>
    internal EncryptionKey(ReadOnlySpan<byte> bytes, string id)
    {
        Id = id;
        _bytes = bytes.ToArray();
    }

    /// <summary>Its name.</summary>
    public string Id { get; }

    /// <summary>Makes a new key.</summary>
    /// <param name="id">Its name.</param>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    public static EncryptionKey Generate(string id) => new(id, RandomNumberGenerator.GetBytes(Length));

    /// <summary>The key as <see cref="KeyRing.Parse"/> reads it: name, colon, base64. It is a secret.</summary>
    public string Export() => $"{Id}:{Convert.ToBase64String(_bytes)}";

    /// <summary>Tells the name alone.</summary>
    public override string ToString() => Id;

    /// <summary>Makes another key of this one, for one purpose. Nobody learns this one from it.</summary>
    internal byte[] Derive(ReadOnlySpan<byte> purpose) => HMACSHA256.HashData(_bytes, purpose);
}
