using Hydra.Stores.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Hydra.Stores.Tests;

/// <summary>Begins with the longest tests, so that the last of them does not run alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        nameof(PlainPostgreSqlConformanceTests), nameof(PooledPostgreSqlConformanceTests),
        nameof(PostgreSqlConformanceTests), nameof(SqliteConformanceTests), nameof(SeparateMySqlConformanceTests),
        nameof(MySqlTransactionFaultSweepTests), nameof(PostgreSqlTransactionFaultSweepTests),
        nameof(MySqlConformanceTests), nameof(InMemoryTests), nameof(SqliteTransactionFaultSweepTests),
        nameof(MySqlFaultSweepTests),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static collection => Place(collection.TestCollectionDisplayName))];

    private static int Place(string name)
    {
        var place = Array.FindIndex(Longest, one => name.Contains($".{one} ", StringComparison.Ordinal));
        return place < 0 ? Longest.Length : place;
    }
}
