using System.Buffers.Binary;

namespace Hydra.Tests.Servers;

/// <summary>Follows the packets of answers, to find the last one of each.</summary>
/// <remarks>
/// The answer to a text of several statements is a result for each: one packet without rows, or else the number of
/// columns, their descriptions and the rows, up to a packet that says so. What ends a result says whether more follow.
/// An error ends all.
/// </remarks>
internal sealed class MySqlAnswer
{
    private const byte Ok = 0;
    private const byte End = 0xFE;
    private const byte Error = 0xFF;
    private const int MoreResults = 8;
    private const int DeprecateEnd = 1 << 24;
    private const int LongestEnd = 0xFF_FFFF; // A row that begins with the same byte is longer.

    private readonly bool _endsLikeOk; // Instead of with a shorter packet, which columns do not end with then.
    private long _descriptions; // That are still to come, with the packet that ends them.
    private bool _inRows;

    /// <param name="greeting">The first packet of the client, which begins with what it is capable of.</param>
    public MySqlAnswer(ReadOnlySpan<byte> greeting) =>
        _endsLikeOk = (BinaryPrimitives.ReadInt32LittleEndian(greeting) & DeprecateEnd) != 0;

    /// <summary>Whether the answer that has ended last was no error.</summary>
    public bool Succeeded { get; private set; }

    /// <summary>Takes the next packet.</summary>
    /// <returns>Whether the answer ends with it.</returns>
    public bool EndsWith(ReadOnlySpan<byte> packet)
    {
        Succeeded = packet[0] != Error;
        if (!Succeeded)
        {
            (_descriptions, _inRows) = (0, false);
            return true;
        }

        if (_descriptions > 0)
        {
            _inRows = --_descriptions == 0;
            return false;
        }

        if (_inRows ? packet[0] == End && packet.Length < LongestEnd : packet[0] == Ok)
        {
            var likeOk = !_inRows || _endsLikeOk;
            _inRows = false;
            return (Status(packet[1..], likeOk) & MoreResults) == 0;
        }

        if (!_inRows)
        {
            _descriptions = ReadNumber(ref packet) + (_endsLikeOk ? 0 : 1);
        }

        return false;
    }

    private static int Status(ReadOnlySpan<byte> rest, bool likeOk)
    {
        if (likeOk)
        {
            ReadNumber(ref rest); // Rows found.
            ReadNumber(ref rest); // The last number given.
        }
        else
        {
            rest = rest[2..]; // Warnings.
        }

        return BinaryPrimitives.ReadUInt16LittleEndian(rest);
    }

    private static long ReadNumber(ref ReadOnlySpan<byte> rest)
    {
        var (first, width) = (rest[0], rest[0] switch { 0xFC => 2, 0xFD => 3, 0xFE => 8, _ => 0 });
        var number = 0L;
        for (var i = width; i > 0; i--)
        {
            number = (number << 8) | rest[i];
        }

        rest = rest[(1 + width)..];
        return width == 0 ? first : number;
    }
}
