using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Hydra;

/// <summary>The keys of an engine: it encrypts with the current one and reads what any of them has encrypted.</summary>
/// <remarks>
/// To rotate, first give every process a ring with the new key among the older ones, then one in which it is current;
/// take an old key out once nothing is left that was encrypted with it. Safe from many threads at once.
/// </remarks>
public sealed class KeyRing
{
    private readonly Dictionary<string, EncryptionKey> _keys = new(StringComparer.Ordinal);

    /// <summary>Makes a ring.</summary>
    /// <param name="current">What new payloads are encrypted with.</param>
    /// <param name="older">What is only read with.</param>
    /// <exception cref="ArgumentException">Two keys have the same name.</exception>
    public KeyRing(EncryptionKey current, params IEnumerable<EncryptionKey> older)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(older);
        Current = current;
        foreach (var key in older.Prepend(current))
        {
            if (!_keys.TryAdd(key.Id, key))
            {
                throw new ArgumentException($"The ring has two keys named '{key.Id}'.", nameof(older));
            }
        }
    }

    /// <summary>What new payloads are encrypted with.</summary>
    public EncryptionKey Current { get; }

    /// <summary>The names of all keys, in order.</summary>
    public IReadOnlyList<string> Ids => [.. _keys.Keys.Order(StringComparer.Ordinal)];

    internal IEnumerable<EncryptionKey> Keys => _keys.Values;

    /// <summary>
    /// Reads a ring from text, as it comes from a file or an environment variable: keys as name:base64, of 32 bytes
    /// each, one a line or with commas or semicolons between; the first is current. Empty lines do not count, nor do
    /// lines that begin with '#'.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is no ring; the message never has anything of a key in it.</exception>
    public static KeyRing Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var keys = text.Split('\n')
            .Where(static line => !line.TrimStart().StartsWith('#'))
            .SelectMany(static line =>
                line.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(ParseKey)
            .ToList();
        try
        {
            return keys is [var current, .. var older]
                ? new KeyRing(current, older)
                : throw new FormatException("There is no key. A ring is lines of name:base64, the current key first.");
        }
        catch (ArgumentException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    internal bool TryFind(string id, [NotNullWhen(true)] out EncryptionKey? key) => _keys.TryGetValue(id, out key);

    /// <summary>Names the ring by its keys, so that with another key it is another.</summary>
    internal string Fingerprint()
    {
        var prints = Keys.OrderBy(static key => key.Id, StringComparer.Ordinal)
            .SelectMany(static key => key.Derive("hydra fingerprint"u8))
            .ToArray();
        return Convert.ToHexStringLower(SHA256.HashData(prints).AsSpan(0, 4));
    }

    private static EncryptionKey ParseKey(string text, int index)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var bytes = new byte[EncryptionKey.Length];
        try
        {
            return colon > 0 && Convert.TryFromBase64String(text[(colon + 1)..], bytes, out var length)
                && length == bytes.Length
                    ? new EncryptionKey(text[..colon], bytes)
                    : throw new FormatException(
                        $"Key {index + 1} of the ring is not name:base64, with the base64 of {bytes.Length} bytes.");
        }
        catch (ArgumentException e)
        {
            throw new FormatException(
                $"The name of key {index + 1} of the ring is not allowed: letters, digits, '-', '_' and '.'.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
