namespace Hydra.Stores.Tests;

/// <summary>Cases as rows of a theory, so that each has a result of its own and is found by name and by area.</summary>
public static class CaseRows
{
    public static IEnumerable<TheoryDataRow<string>> OfTheSuite => Of(StoreConformance.Cases);

    public static IEnumerable<TheoryDataRow<string>> Of(IEnumerable<ConformanceCase> cases) => cases.Select(one =>
        new TheoryDataRow<string>(one.Name).WithTrait("area", one.Area).WithTrait("case", one.Name));

    public static string CommandFor<TTests>(string caseName) =>
        $"./test.sh --no-build --filter '/*/*/{typeof(TTests).Name}/*/[case={caseName}]'";

    public static async Task RunAsync(ConformanceCase one, StoreHarness harness)
    {
        ArgumentNullException.ThrowIfNull(one);
        var notApplicable = await one.RunAsync(harness, TestContext.Current.CancellationToken);
        Assert.SkipWhen(notApplicable is not null, notApplicable ?? "");
    }
}
