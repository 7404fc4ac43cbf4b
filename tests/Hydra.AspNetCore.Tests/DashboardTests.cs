using System.Text.Json;
using System.Text.RegularExpressions;
using Hydra.AspNetCore.Tests.Support;

namespace Hydra.AspNetCore.Tests;

/// <summary>What the dashboard asks for and the guide tells of is what an engine really has.</summary>
public sealed partial class DashboardTests(BusySite site) : IClassFixture<BusySite>
{
    private readonly Exposition _metrics = site.Metrics;

    public static TheoryData<string> Queries => [.. Dashboard().Distinct()];

    [Theory]
    [MemberData(nameof(Queries))]
    public void Each_query_of_the_dashboard_finds_its_metrics_and_labels(string query)
    {
        var grouped = Grouping().Matches(query)
            .SelectMany(by => by.Groups[1].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries));
        var selectors = Selector().Matches(query);

        Assert.NotEmpty(selectors);
        foreach (Match selector in selectors)
        {
            var labels = Label().Matches(selector.Groups[2].Value);
            var samples = _metrics.Find(selector.Groups[1].Value).ToList();
            Assert.True(samples.Count > 0, $"There is no {selector.Groups[1].Value}.");
            Assert.All(labels, label => AssertIsThere(label.Groups[1].Value, label.Groups[2].Value, samples));
        }

        var told = selectors.SelectMany(selector => _metrics.Find(selector.Groups[1].Value))
            .SelectMany(sample => sample.Labels.Keys);
        Assert.All(grouped, label => Assert.Contains(label, told));
    }

    [Fact]
    public void The_guide_tells_of_each_metric_and_of_no_other()
    {
        var guide = File.ReadAllText(Path.Combine(Root(), "docs", "guides", "observability.md"));

        var told = Metric().Matches(guide).Select(row => row.Groups[1].Value);

        Assert.Equal(_metrics.Types.Keys.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
        foreach (var (name, type) in _metrics.Types)
        {
            var row = guide.Split('\n').Single(line => line.StartsWith($"| `{name}`", StringComparison.Ordinal));
            var labels = _metrics.Samples
                .Where(sample => sample.Name == name || sample.Name == $"{name}_count")
                .SelectMany(sample => sample.Labels.Keys).Distinct().ToList();
            Assert.Contains(type, row, StringComparison.Ordinal);
            Assert.NotEmpty(labels);
            Assert.All(labels, label => Assert.Contains(label, row, StringComparison.Ordinal));
        }
    }

    /// <summary>Each value that is asked for is one that a label has, or an end of executions.</summary>
    private static void AssertIsThere(
        string label, string asked, List<(string Name, Dictionary<string, string> Labels, double Value)> samples)
    {
        var told = samples.Select(sample => sample.Labels.GetValueOrDefault(label)).OfType<string>().ToHashSet();
        var ends = Enum.GetNames<ExecutionState>().Select(JsonNamingPolicy.CamelCase.ConvertName).ToList();
        Assert.NotEmpty(told);
        if (label == "status" && told.IsSubsetOf(ends))
        {
            told.UnionWith(ends);
        }

        Assert.All(
            asked.Split('|').Where(static value => !value.StartsWith('$')), value => Assert.Contains(value, told));
    }

    /// <summary>All queries: those of the panels, and those that fill the variables.</summary>
    private static IEnumerable<string> Dashboard()
    {
        var text = File.ReadAllText(Path.Combine(Root(), "deploy", "grafana", "hydra.json"));
        var dashboard = JsonElement.Parse(text);
        foreach (var panel in dashboard.GetProperty("panels").EnumerateArray())
        {
            if (panel.TryGetProperty("targets", out var targets))
            {
                foreach (var target in targets.EnumerateArray())
                {
                    yield return target.GetProperty("expr").GetString()!;
                }
            }
        }

        foreach (var variable in dashboard.GetProperty("templating").GetProperty("list").EnumerateArray())
        {
            if (variable.GetProperty("type").GetString() == "query")
            {
                var asked = LabelValues().Match(variable.GetProperty("query").GetString()!);
                yield return $"sum by ({asked.Groups[2].Value}) ({asked.Groups[1].Value})";
            }
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Hydra.slnx")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"(hydra_[a-z_]+)(?:\{([^}]*)\})?")]
    private static partial Regex Selector();

    [GeneratedRegex("""([a-z_]+)=~?"([^"]*)"(?:,|$)""")]
    private static partial Regex Label();

    [GeneratedRegex(@"by \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"^label_values\((.*), ([a-z_]+)\)$")]
    private static partial Regex LabelValues();

    [GeneratedRegex(@"^\| `(hydra_[a-z_]+)`", RegexOptions.Multiline)]
    private static partial Regex Metric();
}
