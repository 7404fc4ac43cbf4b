using System.Globalization;
using System.Reflection;
using Hydra.Engine;
using Hydra.Engine.Scheduling;
using Hydra.Storage;
using Hydra.Tests.Tidy;

namespace Hydra.Tests.Bounds;

/// <summary>The page of limits has every limit of the code, with its value.</summary>
public class LimitsPageTests
{
    [Fact]
    public void Every_limit_stands_on_the_page_with_its_value()
    {
        var page = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs/guides/limits.md"));
        var limits = Of(typeof(Limits), new Limits()).Concat(Of(typeof(StoreRules), null)).ToList();

        Assert.True(limits.Count > 12);
        Assert.All(limits, limit => Assert.Contains(page, line =>
            line.Contains($"`{limit.Name}`", StringComparison.Ordinal)
            && line.Contains($"| {limit.Value}", StringComparison.Ordinal)));
        Assert.Contains(page, line => line.Contains(
            $"{RetentionOptions.Shortest.TotalHours} hours at least", StringComparison.Ordinal));
    }

    [Fact]
    public void Limits_of_schedules_and_calls_stand_on_the_page()
    {
        var page = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs/guides/limits.md"));
        (string Words, object Value)[] limits =
        [
            ("instants of a schedule that wait", SchedulePlanner.MostWaiting),
            ("executions of a schedule that are started", SchedulePlanner.MostStarts),
            ("ranges of a schedule", ScheduleClient.MostBackfills),
            ("instants of one range", ScheduleClient.MostBackfilled),
            ("jitter and catch-up window", ScheduleOptions.Longest),
            ("note of a pause", Limits.MaxReasonLength),
            ("a trace of a value", TraceQuery.MaxExecutions),
            ("name of a key of a ring", EncryptionKey.MaxIdBytes),
            ("failures recorded of one exception", Failures.MaxCount),
            ("text recorded of them", Failures.MaxText),
            ("nesting of JSON", SoundJson.MaxDepth),
        ];

        Assert.All(limits, limit => Assert.Contains(page, line =>
            line.Contains(limit.Words, StringComparison.Ordinal)
            && line.Contains($"| {Text(limit.Value)}", StringComparison.Ordinal)));
    }

    private static IEnumerable<(string Name, string Value)> Of(Type type, object? instance) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(static field => field.IsLiteral)
            .Select(field => ($"{type.Name}.{field.Name}", Text(field.GetRawConstantValue()!)))
            .Concat(type.GetProperties(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance)
                .Where(static property => property.PropertyType != typeof(Type))
                .Select(property => ($"{type.Name}.{property.Name}", Text(property.GetValue(instance)!))));

    private static string Text(object value) => value is TimeSpan span
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:N0} days")
        : string.Create(CultureInfo.InvariantCulture, $"{value:N0}");
}
