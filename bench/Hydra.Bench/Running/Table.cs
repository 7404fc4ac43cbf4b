using System.Globalization;

namespace Hydra.Bench;

/// <summary>The table for people.</summary>
internal static class Table
{
    public static void PrintHead() => Console.WriteLine(
        $"{"workload",-32}{"store",-8}{"per second",20}{"limit/s",10}{"ratio",7}"
        + $"{"p50 ms",9}{"p95 ms",9}{"p99 ms",9}{"cpu s",7}{"B/wf",9}  remark");

    public static void Print(Measurement m) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{m.Workload,-32}{m.Store,-8}{Speed(m),20}{m.LimitPerSecond,10:N0}{m.Ratio,7:P0}")
        + string.Create(
            CultureInfo.InvariantCulture,
            $"{m.P50Millis,9:N2}{m.P95Millis,9:N2}{m.P99Millis,9:N2}{m.CpuSeconds,7:N1}")
        + string.Create(CultureInfo.InvariantCulture, $"{m.AllocatedBytesPerWorkflow,9:N0}  {m.Remark}"));

    private static string Speed(Measurement m) =>
        string.Create(CultureInfo.InvariantCulture, $"{m.PerSecond:N0} {m.Unit}");
}
