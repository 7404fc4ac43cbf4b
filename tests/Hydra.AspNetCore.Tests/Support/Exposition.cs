using System.Globalization;
using System.Text.RegularExpressions;

namespace Hydra.AspNetCore.Tests.Support;

/// <summary>Metrics in the text format of Prometheus, read strictly: whatever it does not allow is refused.</summary>
internal sealed partial class Exposition
{
    private readonly Dictionary<string, string> _types = [];
    private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> _samples = [];

    /// <summary>The type of each metric.</summary>
    public IReadOnlyDictionary<string, string> Types => _types;

    public IReadOnlyList<(string Name, Dictionary<string, string> Labels, double Value)> Samples => _samples;

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isOurs">Whether HELP has to stand before TYPE; others turn them round or leave it out.</param>
    public static Exposition Parse(string text, bool isOurs = true)
    {
        var exposition = new Exposition();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var (family, described) = ("", "");
        foreach (var line in text[..^1].Split('\n'))
        {
            if (Help().Match(line) is { Success: true } help)
            {
                described = help.Groups[1].Value;
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                family = type.Groups[1].Value;
                Assert.True(described == family || !isOurs, $"HELP of {described} over TYPE of {family}");
                exposition._types.Add(family, type.Groups[2].Value);
            }
            else if (line is not "# EOF" and not "")
            {
                exposition.Add(family, line);
            }
        }

        exposition.CheckHistograms();
        return exposition;
    }

    /// <summary>The value of the one sample with this name and these labels, and any others.</summary>
    public double Value(string name, params (string Name, string Value)[] labels) =>
        Assert.Single(Find(name, labels)).Value;

    /// <summary>The sum of all samples with this name and these labels; 0 when there is none.</summary>
    public double Sum(string name, params (string Name, string Value)[] labels) =>
        Find(name, labels).Sum(sample => sample.Value);

    public IEnumerable<(string Name, Dictionary<string, string> Labels, double Value)> Find(
        string name, params (string Name, string Value)[] labels) =>
        _samples.Where(sample => sample.Name == name
            && Array.TrueForAll(labels, label => sample.Labels.GetValueOrDefault(label.Name) == label.Value));

    /// <summary>Everything that only grows, by name and labels.</summary>
    public Dictionary<string, double> Growing() => _samples
        .Where(sample => _types[FamilyOf(sample.Name)] != "gauge")
        .ToDictionary(sample => Key(sample.Name, sample.Labels), sample => sample.Value);

    public static string Key(string name, Dictionary<string, string> labels) => name + string.Concat(labels
        .OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $" {label.Key}={label.Value}"));

    private string FamilyOf(string sample) => _types.ContainsKey(sample)
        ? sample
        : Suffix().Replace(sample, "");

    private void Add(string family, string line)
    {
        var match = Sample().Match(line);
        Assert.True(match.Success, line);
        var name = match.Groups["name"].Value;
        Assert.True(
            _types.TryGetValue(family, out var type)
            && (name == family || (type == "histogram" && Suffix().Replace(name, "") == family)),
            $"{line} stands under {family}");
        var labels = new Dictionary<string, string>();
        foreach (Match label in Label().Matches(match.Groups["labels"].Value))
        {
            labels.Add(label.Groups["name"].Value, Regex.Unescape(label.Groups["value"].Value));
        }

        Assert.DoesNotContain(_samples, other => Key(other.Name, other.Labels) == Key(name, labels));
        var value = match.Groups["value"].Value;
        _samples.Add((name, labels, Number(value)));
    }

    /// <summary>Buckets only grow towards +Inf, which is there and is the count.</summary>
    private void CheckHistograms()
    {
        foreach (var (family, _) in _types.Where(type => type.Value == "histogram"))
        {
            foreach (var count in Find(family + "_count"))
            {
                (string, string)[] labels = [.. count.Labels.Select(label => (label.Key, label.Value))];
                var buckets = Find(family + "_bucket", labels).ToList();
                var bounds = buckets.Select(bucket => Number(bucket.Labels["le"])).ToList();
                Assert.Equal(bounds.Order(), bounds);
                Assert.Equal(buckets.Select(bucket => bucket.Value).Order(), buckets.Select(bucket => bucket.Value));
                Assert.Equal(double.PositiveInfinity, bounds[^1]);
                Assert.Equal(count.Value, buckets[^1].Value);
                Assert.Single(Find(family + "_sum", labels));
            }
        }
    }

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)*$")]
    private static partial Regex Help();

    [GeneratedRegex("^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$")]
    private static partial Regex Type();

    private static double Number(string text) =>
        text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        """^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? """
        + @"(?<value>[0-9.eE+-]+|\+Inf|NaN)(?: [0-9]+)?$")]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(?:[^"\\\n]|\\["\\n])*)",?""")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
