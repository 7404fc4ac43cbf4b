using System.Text;

namespace Hydra;

/// <summary>The rules for names and keys, and how a class gets its durable name.</summary>
internal static class Names
{
    /// <summary>
    /// Checks a name that the journal or a table uses. '#' is reserved: it numbers occurrences of a step.
    /// </summary>
    public static void Validate(string? name, string what, int maxLength)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new ArgumentException($"{what} must not be empty.");
        }

        if (name.Length > maxLength)
        {
            throw new ArgumentException($"{what} has {name.Length} characters, but at most {maxLength} are allowed.");
        }

        foreach (var c in name)
        {
            if (char.IsControl(c) || c == '#' || char.IsSurrogate(c) && !IsWellFormed(name))
            {
                throw new ArgumentException(
                    $"{what} '{Printable(name)}' has the character U+{(int)c:X4}. "
                    + "Control characters, '#' and broken surrogates are not allowed in names.");
            }
        }
    }

    /// <summary>Checks an idempotency key: any text without control characters, up to a number of bytes.</summary>
    public static void ValidateKey(string? key, string what)
    {
        if (string.IsNullOrEmpty(key))
        {
            throw new ArgumentException($"{what} must not be empty; leave it out for an execution without a key.");
        }

        if (!IsWellFormed(key) || key.Any(char.IsControl))
        {
            throw new ArgumentException(
                $"{what} '{Printable(key)}' has control characters or broken surrogates, which are not allowed.");
        }

        if (Encoding.UTF8.GetByteCount(key) > Limits.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"{what} has {Encoding.UTF8.GetByteCount(key)} bytes, but at most {Limits.MaxKeyBytes} are allowed.");
        }
    }

    /// <summary>
    /// The name of a class in kebab case: UserOnboarding is "user-onboarding", PDFExport "pdf-export".
    /// </summary>
    public static string Kebab(string typeName)
    {
        var tick = typeName.IndexOf('`', StringComparison.Ordinal);
        var name = tick < 0 ? typeName : typeName[..tick];
        var builder = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = char.IsUpper(name[i]) && i > 0 && name[i - 1] != '_'
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (startsWord)
            {
                builder.Append('-');
            }

            builder.Append(name[i] == '_' ? '-' : char.ToLowerInvariant(name[i]));
        }

        return builder.ToString();
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static string Printable(string text) =>
        string.Concat(text.Take(60).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
}
