using System.Globalization;
using System.Reflection;
using Hydra.Engine;
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

    /// <summary>
    /// What is called Max or Most is a limit: it stands on the page, or here as one that nobody meets.
    /// </summary>
    [Fact]
    public void Every_constant_with_the_name_of_a_limit_stands_on_the_page()
    {
        var page = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs/guides/limits.md"));
        var words = new Dictionary<string, string>
        {
            ["SchedulePlanner.MostWaiting"] = "instants of a schedule that wait",
            ["SchedulePlanner.MostStarts"] = "executions of a schedule that are started",
            ["SchedulePlanner.MostRunning"] = "executions of a schedule that it follows",
            ["ScheduleClient.MostBackfills"] = "ranges of a schedule",
            ["ScheduleClient.MostBackfilled"] = "instants of one range",
            ["TraceQuery.MaxExecutions"] = "a trace of a value",
            ["HydraClient.MostPassed"] = "that a trace passes",
            ["EncryptionKey.MaxIdBytes"] = "name of a key of a ring",
            ["Failures.MaxCount"] = "failures recorded of one exception",
            ["Failures.MaxText"] = "text recorded of them",
            ["SoundJson.MaxDepth"] = "nesting of JSON",
            ["EngineMetrics.MostWorkflows"] = "workflows that metrics tell apart",
            ["EngineMetrics.MostSchedules"] = "schedules that metrics tell apart",
            ["EngineMetrics.MostSteps"] = "steps that metrics tell apart",
            ["SubjectKeys.MostAtOnce"] = "keys of subjects that one call asks for",
            ["Pruner.MostExecutions"] = "executions that retention deletes",
            ["Pruner.MostEntries"] = "entries of those",
        };
        string[] metByNobody = ["Failures.MaxBytes", "TransactionRun.MostRepeats", "PayloadCodec.MostAdded"];

        var limits = typeof(Limits).Assembly.GetTypes()
            .Where(static type => type != typeof(Limits) && type != typeof(StoreRules))
            .SelectMany(static type => type.GetFields(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(static field => field is { IsLiteral: true, IsPrivate: false }
                && (field.FieldType == typeof(int) || field.FieldType == typeof(long))
                && (field.Name.StartsWith("Max", StringComparison.Ordinal)
                    || field.Name.StartsWith("Most", StringComparison.Ordinal)))
            .ToDictionary(static field => $"{field.DeclaringType!.Name}.{field.Name}");

        Assert.Equal(words.Keys.Concat(metByNobody).Order(), limits.Keys.Order());
        Assert.All(words, row => AssertStands(page, row.Value, limits[row.Key].GetRawConstantValue()!));
    }

    [Fact]
    public void Other_limits_of_schedules_stand_on_the_page()
    {
        var page = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs/guides/limits.md"));

        AssertStands(page, "jitter and catch-up window", ScheduleOptions.Longest);
        AssertStands(page, "note of a pause", Limits.MaxReasonLength);
    }

    [Fact]
    public void How_long_an_answer_about_a_key_may_take_stands_on_the_page()
    {
        var page = File.ReadAllLines(Path.Combine(SourceTree.Root, "docs/guides/limits.md"));

        AssertStands(
            page, "answer of a store of subjects' keys", $"{GuardedSubjectKeys.LongestAnswer.TotalSeconds} seconds");
    }

    private static void AssertStands(string[] page, string words, object value) => Assert.Contains(page, line =>
        line.Contains(words, StringComparison.Ordinal)
        && line.Contains($"| {Text(value)}", StringComparison.Ordinal));

    private static IEnumerable<(string Name, string Value)> Of(Type type, object? instance) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(static field => field.IsLiteral)
            .Select(field => ($"{type.Name}.{field.Name}", Text(field.GetRawConstantValue()!)))
            .Concat(type.GetProperties(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance)
                .Where(static property => property.PropertyType != typeof(Type))
                .Select(property => ($"{type.Name}.{property.Name}", Text(property.GetValue(instance)!))));

    private static string Text(object value) => value is string text ? text : value is TimeSpan span
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:N0} days")
        : string.Create(CultureInfo.InvariantCulture, $"{value:N0}");
}
