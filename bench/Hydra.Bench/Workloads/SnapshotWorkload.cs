using System.Globalization;

namespace Hydra.Bench;

/// <summary>W8: W9 while a snapshot is held for all of a long run, beside W9 without.</summary>
internal sealed class SnapshotWorkload : Workload
{
    public override string Id => "W8";

    public override bool NeedsProcesses => true;

    public override bool NeedsSnapshots => true;

    public override double Rank(Measurement measured) => measured.Ratio!.Value;

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var count = bench.Count(200_000);
        var free = await BusyClaimWorkload.RunAsync(bench, "free", bench.Count(20_000), holds: false);
        var held = await BusyClaimWorkload.RunAsync(bench, $"W8 {count:N0} with a snapshot", count, holds: true);
        return held with
        {
            LimitPerSecond = free.PerSecond,
            Ratio = held.PerSecond / free.PerSecond,
            Remark = string.Create(
                CultureInfo.InvariantCulture,
                $"p99 is {held.P99Millis / free.P99Millis:N1} times that of W9; {held.Remark}"),
        };
    }
}
