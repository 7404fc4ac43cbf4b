namespace Hydra.Stores.Tests;

/// <summary>Runs the whole suite on one store, a test for each case.</summary>
public abstract class ConformanceTests<THarness>
    where THarness : StoreHarness, new()
{
    [Theory]
    [MemberData(nameof(CaseRows.OfTheSuite), MemberType = typeof(CaseRows))]
    public Task The_store_conforms(string name) => CaseRows.RunAsync(StoreConformance.Named(name), new THarness());
}
