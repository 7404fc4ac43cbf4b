namespace Hydra.Bench;

/// <summary>What one of several processes has done.</summary>
internal sealed record ChildReport(
    int Count, double Seconds, double P50Millis, double P95Millis, double P99Millis, double CpuSeconds);
