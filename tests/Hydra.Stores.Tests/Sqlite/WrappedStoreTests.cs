namespace Hydra.Stores.Tests;

/// <summary>A store around another is as good as that one, as long as it leaves its calls alone.</summary>
public sealed class WrappedStoreTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => CaseRows.Of(
        StoreConformance.Cases.Where(static one => one.Area is "Transaction" or "Landing" or "Commit" or "Change"
            || one.Area.StartsWith("Schedule", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Cases))]
    public Task A_store_with_no_faults_conforms(string name) => CaseRows.RunAsync(
        StoreConformance.Named(name),
        new SqliteHarness { Around = static store => new FaultyStore(store, static _ => null) });
}
