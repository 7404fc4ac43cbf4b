using System.Globalization;

namespace Hydra.AspNetCore.Metrics;

/// <summary>The labels of a series, as a key that takes no memory of its own to be looked up.</summary>
/// <remarks>Four are as many as any of our instruments has; what is beyond is left out.</remarks>
internal readonly record struct Labels(
    (string Name, string Value)? First,
    (string Name, string Value)? Second,
    (string Name, string Value)? Third,
    (string Name, string Value)? Fourth)
{
    public static Labels Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(
        tags.Length > 0 ? Of(tags[0]) : null,
        tags.Length > 1 ? Of(tags[1]) : null,
        tags.Length > 2 ? Of(tags[2]) : null,
        tags.Length > 3 ? Of(tags[3]) : null);

    /// <summary>The labels as they stand in a line, without braces; empty when there are none.</summary>
    public string ToText() => string.Join(',', new[] { First, Second, Third, Fourth }
        .Where(static label => label is not null)
        .Select(static label =>
            $"{PrometheusText.Name(label!.Value.Name)}=\"{PrometheusText.Escape(label.Value.Value)}\""));

    private static (string Name, string Value) Of(KeyValuePair<string, object?> tag) =>
        (tag.Key, tag.Value as string ?? Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "");
}
