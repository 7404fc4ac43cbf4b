using System.Text.Json;
using System.Text.Unicode;

namespace Hydra.Engine;

/// <summary>Tells JSON that everybody can read: one value, in UTF-8, of whole characters.</summary>
/// <remarks>
/// System.Text.Json takes half of a surrogate pair as an escape, and bytes that are no UTF-8, for JSON until somebody
/// asks for the text or writes it on.
/// </remarks>
internal static class SoundJson
{
    /// <summary>How deeply it may be nested: more than a serializer allows by default.</summary>
    public const int MaxDepth = 512;

    /// <summary>Why bytes are no such JSON; null when they are.</summary>
    public static string? WhyNot(ReadOnlySpan<byte> data)
    {
        if (!Utf8.IsValid(data))
        {
            return "It has bytes that are not UTF-8.";
        }

        var reader = new Utf8JsonReader(data, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader is { ValueIsEscaped: true, TokenType: JsonTokenType.String or JsonTokenType.PropertyName })
                {
                    _ = reader.GetString();
                }
            }

            return null;
        }
        catch (JsonException e)
        {
            return e.Message;
        }
        catch (InvalidOperationException) // Half of a surrogate pair, which is a character in no encoding.
        {
            return @"A text in it has an escape such as \ud800 without the other half.";
        }
    }
}
