using System.Globalization;
using System.Text;
using Hydra.Storage;

namespace Hydra.Cli.Commands;

/// <summary>How values look in tables.</summary>
internal static class Tables
{
    private const int NonJoiner = 0x200C;
    private const int Joiner = 0x200D;

    public static string Time(Instant at) =>
        at.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A span as people say it, in the one unit that matters.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => $"{Number((long)span.TotalMilliseconds)} ms",
        { TotalMinutes: < 2 } => $"{Number((long)span.TotalSeconds)} s",
        { TotalHours: < 2 } => $"{Number((long)span.TotalMinutes)} min",
        { TotalDays: < 2 } => $"{Number((long)span.TotalHours)} h",
        _ => $"{Number((long)span.TotalDays)} d",
    };

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(int value, int limit) => $"{Number(value)} of {Number(limit)}";

    /// <summary>Cuts a text, and no character in two.</summary>
    public static string Short(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        var end = length - 1;
        return text[..(end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + "…";
    }

    /// <remarks>
    /// What users recorded may hold control characters, which must not reach the terminal, and characters that make it
    /// show the rest in another order or hide it.
    /// </remarks>
    public static string Printable(string text) => text.EnumerateRunes().Any(IsDangerous)
        ? string.Concat(text.EnumerateRunes().Select(rune => IsDangerous(rune) ? " " : rune.ToString()))
        : text;

    private static bool IsDangerous(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => rune.Value is not (NonJoiner or Joiner), // Persian and emoji need those two.
        _ => false,
    };
}
