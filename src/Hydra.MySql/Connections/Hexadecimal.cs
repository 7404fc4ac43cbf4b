using System.Text;

namespace Hydra.MySql.Connections;

/// <summary>Writes bytes as hexadecimal digits, which need no escaping, whatever a server escapes with.</summary>
internal static class Hexadecimal
{
    private const int Piece = 128;

    public static string Of(ExecutionId id) => Convert.ToHexStringLower(id.ToByteArray());

    public static string Of(string value) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value));

    public static void Append(StringBuilder text, ExecutionId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.WriteBytes(bytes);
        Append(text, bytes);
    }

    public static void Append(StringBuilder text, string value)
    {
        if (value.Length <= Piece)
        {
            Span<byte> bytes = stackalloc byte[Piece * 3];
            Append(text, bytes[..Encoding.UTF8.GetBytes(value, bytes)]);
        }
        else
        {
            Append(text, Encoding.UTF8.GetBytes(value));
        }
    }

    public static void Append(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        Span<char> digits = stackalloc char[Piece * 2];
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, Piece)];
            Convert.TryToHexStringLower(piece, digits, out var written);
            text.Append(digits[..written]);
            bytes = bytes[piece.Length..];
        }
    }
}
