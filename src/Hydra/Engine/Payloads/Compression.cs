using System.Buffers.Binary;
using System.IO.Compression;

namespace Hydra.Engine;

/// <summary>
/// Compresses data behind its length, so that whoever reads it knows the room that it needs before there is any.
/// </summary>
internal static class Compression
{
    private const int LengthBytes = 4;
    private const int Quality = 4; // Of 11: beyond it costs much time for few bytes.
    private const int Window = 20; // As many bits; payloads are of up to a few MiB.

    /// <summary>Compresses into a buffer.</summary>
    /// <returns>How many bytes that are; 0 when they would not be fewer.</returns>
    public static int Compress(ReadOnlySpan<byte> data, Span<byte> buffer)
    {
        var room = Math.Min(buffer.Length, data.Length - 1); // What does not get smaller fails early.
        if (room <= LengthBytes
            || !BrotliEncoder.TryCompress(data, buffer[LengthBytes..room], out var written, Quality, Window))
        {
            return 0;
        }

        BinaryPrimitives.WriteInt32BigEndian(buffer, data.Length);
        return LengthBytes + written;
    }

    /// <summary>Reads what was compressed.</summary>
    /// <param name="compressed">What <see cref="Compress"/> has written.</param>
    /// <param name="limit">How many bytes it may become.</param>
    /// <exception cref="PayloadException">It is over the limit, or damaged.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> compressed, int limit)
    {
        var length = compressed.Length < LengthBytes ? -1 : BinaryPrimitives.ReadInt32BigEndian(compressed);
        if (length > limit)
        {
            throw new PayloadException(
                $"is compressed and says to be {length:N0} bytes long, but at most {limit:N0} are allowed. If a limit "
                + "was lowered, raise Limits.PayloadBytes again.");
        }

        var data = new byte[Math.Max(length, 0)];
        return length >= 0
            && BrotliDecoder.TryDecompress(compressed[LengthBytes..], data, out var written) && written == length
                ? data
                : throw new PayloadException("is compressed and cannot be decompressed: its bytes are damaged.");
    }
}
