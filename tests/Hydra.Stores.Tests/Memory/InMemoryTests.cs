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

    [Theory]
    [MemberData(nameof(Cases))]
    public Task In_memory(string name) => CaseRows.RunAsync(All[name], new InMemoryHarness());
}
