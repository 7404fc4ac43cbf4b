namespace Hydra.Stores.Tests;

/// <summary>What is asked of the in-memory store alone, with the tools of the suite.</summary>
public sealed class InMemoryTests
{
    private static readonly Dictionary<string, ConformanceCase> All = new[]
    {
        ConformanceCase.Of(static harness => new InMemoryCases(harness)),
        ConformanceCase.Of(static harness => new ReferenceCases(harness)),
    }.SelectMany(static cases => cases).ToDictionary(static one => one.Name);

    public static IEnumerable<TheoryDataRow<string>> Cases => CaseRows.Of(All.Values);

    public static IEnumerable<TheoryDataRow<string>> ScheduleCases => CaseRows.Of(
        StoreConformance.Cases.Where(static one => one.Area.StartsWith("Schedule", StringComparison.Ordinal)));

    /// <summary>What a store says that it does not do is not asked of it.</summary>
    [Theory]
    [MemberData(nameof(ScheduleCases))]
    public async Task No_case_about_schedules_applies_to_a_store_that_keeps_none(string name) => Assert.Equal(
        "This store keeps no schedules.",
        await StoreConformance.Named(name).RunAsync(
            new PlantedHarness(Planted.NoSchedules), TestContext.Current.CancellationToken));

    [Theory]
    [MemberData(nameof(Cases))]
    public Task In_memory(string name) => CaseRows.RunAsync(All[name], new InMemoryHarness());
}
