using System.Globalization;
using Hydra.Storage;

namespace Hydra.Cli.Commands;

/// <summary>How values look in tables.</summary>
internal static class Tables
{
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

    public static string Short(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    /// <remarks>What users recorded may hold control characters, which must not reach the terminal.</remarks>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;
}
