using System.Globalization;
using System.Text;

namespace Hydra.AspNetCore.Metrics;

/// <summary>The words of the text format: names, label values, numbers.</summary>
/// <remarks>
/// Names come from those of instruments as OpenTelemetry makes them: dots become underscores, the unit in words and,
/// for counters, "total" are appended unless the name has them. The format is that of
/// https://prometheus.io/docs/instrumenting/exposition_formats.
/// </remarks>
internal static class PrometheusText
{
    /// <summary>The name of a metric.</summary>
    public static string Name(string instrument, string? unit, MetricKind kind)
    {
        var name = Append(Name(instrument), Word(unit, kind));
        return kind == MetricKind.Counter ? Append(name, "total") : name;
    }

    /// <summary>A name with nothing but letters, digits and underscores.</summary>
    public static string Name(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            var isAllowed = char.IsAsciiLetter(character) || (char.IsAsciiDigit(character) && text.Length > 0);
            if (isAllowed || text is not [.., '_'])
            {
                text.Append(isAllowed ? character : '_');
            }
        }

        return text.ToString();
    }

    /// <summary>The value of a label.</summary>
    public static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>What a metric is, on one line.</summary>
    public static string EscapeHelp(string help) => help
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    public static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString(CultureInfo.InvariantCulture);

    private static string Append(string name, string? word) =>
        word is null || name.EndsWith("_" + word, StringComparison.Ordinal) ? name : $"{name}_{word}";

    private static string? Word(string? unit, MetricKind kind) => unit switch
    {
        null or "" or ['{', ..] => null,
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "1" => kind == MetricKind.Gauge ? "ratio" : null,
        _ => Name(unit),
    };
}
