using Hydra.Soak.Support;
using Hydra.Soak.Transfers;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

// Most of them wait for other processes most of the time.
[assembly: Parallelization(MaxThreads = 4)]

namespace Hydra.Soak.Support;

/// <summary>Begins with the longest tests, so that no core waits for the last of them.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        nameof(OneBank), nameof(CommitKillTests), nameof(FileFaultTests), nameof(WorkerTests), nameof(OrdersTests),
        nameof(QuickStartTests), nameof(CommandLineTests), nameof(ScheduleKillTests),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static collection => Place(collection.TestCollectionDisplayName))];

    private static int Place(string name)
    {
        var place = Array.FindIndex(
            Longest, one => name == one || name.Contains($".{one} ", StringComparison.Ordinal));
        return place < 0 ? Longest.Length : place;
    }
}
