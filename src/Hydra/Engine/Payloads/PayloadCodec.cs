using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>
/// Turns payloads into what is stored, and back: compressed first, then encrypted for the one place that they have.
/// </summary>
/// <remarks>
/// The engine itself only ever holds plain payloads; they are encoded on their way to the store and decoded on their
/// way from it, so whatever is copied from row to row is encoded anew for its new place. Each execution has a key of
/// its own, derived from that of the ring: nonces are drawn at random, and no execution has enough payloads for two of
/// them to meet. Header, key name and place are authenticated with the data.
/// </remarks>
internal sealed class PayloadCodec(
    string @namespace, KeyRing? keys, int? compressedFrom, int limit, SubjectKeys? subjects = null)
{
    /// <summary>How much longer a payload gets at most: key name, its length, and tag.</summary>
    public const int MostAdded = 1 + EncryptionKey.MaxIdBytes + TagBytes;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>The keys of subjects; null where there are none.</summary>
    public SubjectKeys? Subjects => subjects;

    /// <summary>Whether anything is written otherwise than it was serialized.</summary>
    public bool Writes { get; } = keys is not null || compressedFrom is not null;

    /// <summary>Names the keys, as a part of the build's name; empty when there are none.</summary>
    public string KeysName { get; } = keys is null ? "" : $"+keys-{keys.Fingerprint()}";

    /// <summary>Encodes a payload for its place.</summary>
    /// <param name="plain">The payload, as it was serialized.</param>
    /// <param name="place">Where it is going to be.</param>
    /// <param name="subject">The key of the subject whose data it is; null for that of the ring.</param>
    /// <exception cref="PayloadException">It is encoded, and so cannot have come from this engine.</exception>
    public Payload Encode(Payload plain, in PayloadPlace place, SubjectKey? subject = null)
    {
        if (plain.IsNone || !plain.IsReadable)
        {
            return plain;
        }

        if (plain.IsEncoded)
        {
            throw new PayloadException(
                $"A payload that is encoded ({plain}) cannot be written to another place, where nobody could read it. "
                + "Use an engine that reads it: one with its key.");
        }

        byte[]? rented = null;
        var data = plain.Data.Span;
        try
        {
            byte codec = 0;
            if (data.Length >= compressedFrom)
            {
                rented = ArrayPool<byte>.Shared.Rent(data.Length);
                if (Compression.Compress(data, rented) is > 0 and var length)
                {
                    data = rented.AsSpan(0, length);
                    codec = Payload.Compressed;
                }
            }

            if (keys is not null)
            {
                return Encrypt(plain, data, (byte)(codec | Payload.Encrypted), place, subject?.Key ?? keys.Current);
            }

            if (codec == 0)
            {
                return plain;
            }

            var compressed = plain.Encode(codec, default, data.Length, out var room);
            data.CopyTo(room);
            return compressed;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented, clearArray: true);
            }
        }
    }

    /// <summary>Decodes what is stored at a place.</summary>
    /// <param name="stored">The payload as it is stored; what is plain stays as it is.</param>
    /// <param name="place">Where it is stored.</param>
    /// <exception cref="PayloadException">It cannot be decoded here; the message says why, and what to do.</exception>
    public Payload Decode(Payload stored, in PayloadPlace place)
    {
        if (!stored.IsEncoded)
        {
            return stored;
        }

        try
        {
            var codec = stored.CodecId;
            if ((codec & ~(Payload.Compressed | Payload.Encrypted)) != 0)
            {
                throw new PayloadException(
                    $"is encoded in a way ({codec}) that this version of the library does not know: a newer one has "
                    + "written it. Read it with that.");
            }

            var data = (codec & Payload.Encrypted) != 0 ? Decrypt(stored, place) : stored.Data.Span;
            return stored.Decode(
                (codec & Payload.Compressed) != 0 ? Compression.Decompress(data, limit) : data);
        }
        catch (PayloadException e)
        {
            throw new PayloadException($"The {place} {e.Message}", e.InnerException) { IsShredded = e.IsShredded };
        }
    }

    /// <summary>
    /// What stands on a row in the place of an input's hash, by which a start with the same idempotency key is known to
    /// be a repetition. With keys it tells nothing to whoever has none, not even that two inputs are alike.
    /// </summary>
    public string HashOf(string hash, ExecutionId id, string? key, SubjectKey? subject = null) =>
        keys is null || hash.Length == 0 ? hash : HashOf(hash, id, key, subject?.Key ?? keys.Current);

    /// <summary>What stood there before the key was changed, and before there was one.</summary>
    public IReadOnlyList<string> OlderHashesOf(string hash, ExecutionId id, string? key, SubjectKey? subject = null) =>
        keys is null || key is null || hash.Length == 0 || subject is not null
            ? []
            : [
                hash,
                .. keys.Keys.Where(other => other != keys.Current).Select(other => HashOf(hash, id, key, other)),
            ];

    private string HashOf(string hash, ExecutionId id, string? key, EncryptionKey with)
    {
        var purpose = Encoding.UTF8.GetBytes($"hydra input hash\0{@namespace}\0{key ?? id.ToString()}");
        var keyed = HMACSHA256.HashData(with.Derive(purpose), Encoding.UTF8.GetBytes(hash));
        return Convert.ToHexStringLower(keyed.AsSpan(0, 14));
    }

    private Payload Encrypt(
        Payload plain, ReadOnlySpan<byte> data, byte codec, in PayloadPlace place, EncryptionKey key)
    {
        var id = Encoding.UTF8.GetBytes(key.Id);
        Span<byte> nonce = stackalloc byte[NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        var encrypted = plain.Encode(codec, nonce, 1 + id.Length + data.Length + TagBytes, out var room);
        room[0] = (byte)id.Length;
        id.CopyTo(room[1..]);
        var ciphertext = room[(1 + id.Length)..];
        using var cipher = CipherFor(key, place.Execution);
        cipher.Encrypt(
            nonce, data, ciphertext[..^TagBytes], ciphertext[^TagBytes..], Associated(encrypted, id, place));
        return encrypted;
    }

    private byte[] Decrypt(Payload stored, in PayloadPlace place)
    {
        var data = stored.Data.Span;
        if (stored.KeyId is not { } id || data.Length < 1 + data[0] + TagBytes)
        {
            throw new PayloadException("is encrypted and cut off: its bytes are damaged.");
        }

        var key = Find(id);
        var name = data.Slice(1, data[0]);
        var ciphertext = data[(1 + name.Length)..];
        var plain = new byte[ciphertext.Length - TagBytes];
        using var cipher = CipherFor(key, place.Execution);
        try
        {
            cipher.Decrypt(
                stored.Nonce, ciphertext[..^TagBytes], ciphertext[^TagBytes..], plain, Associated(stored, name, place));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new PayloadException(
                $"does not decrypt with key '{id}': the bytes were changed, or belong to another row, or another key "
                + "has that name. They are kept as they are; restore the row, or give the key its own name.",
                e);
        }

        return plain;
    }

    private EncryptionKey Find(string id)
    {
        if (subjects is not null && id.StartsWith(SubjectKeys.Prefix, StringComparison.Ordinal))
        {
            return subjects.Find(id).Key;
        }

        return keys is not null && keys.TryFind(id, out var key)
            ? key
            : throw new PayloadException(
                $"is encrypted with key '{id}', which this engine does not have ({Known()}). Add it to the key ring: "
                + "nothing is lost, and whoever has the key goes on.");
    }

    private string Known() => keys is null ? "it has none" : $"it has {string.Join(", ", keys.Ids)}";

    /// <summary>One key encrypts the payloads of one execution of one namespace.</summary>
    private AesGcm CipherFor(EncryptionKey key, ExecutionId execution)
    {
        var purpose = Encoding.UTF8.GetBytes($"hydra payload\0{@namespace}\0{execution}");
        return new AesGcm(key.Derive(purpose), TagBytes);
    }

    private static byte[] Associated(Payload payload, ReadOnlySpan<byte> keyId, in PayloadPlace place)
    {
        var header = payload.Header;
        var where = Encoding.UTF8.GetBytes(place.Name);
        var associated = new byte[header.Length + 1 + keyId.Length + where.Length];
        header.CopyTo(associated);
        associated[header.Length] = (byte)keyId.Length;
        keyId.CopyTo(associated.AsSpan(header.Length + 1));
        where.CopyTo(associated.AsSpan(header.Length + 1 + keyId.Length));
        return associated;
    }
}
