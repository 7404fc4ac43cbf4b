namespace Hydra.Bench;

/// <summary>One line of a benchmark's answer; durations in milliseconds, sizes in bytes.</summary>
internal sealed record Measurement
{
    public required string Workload { get; init; }

    public required string Store { get; init; }

    public int Concurrency { get; init; }

    /// <summary>What <see cref="PerSecond"/> counts.</summary>
    public string Unit { get; init; } = "workflows/s";

    public double PerSecond { get; init; }

    /// <summary>
    /// What the same machine can do at most, measured in the same run: bare inserts, or commits, or another workload.
    /// </summary>
    public double? LimitPerSecond { get; init; }

    /// <summary>What part of the limit the engine's own work is.</summary>
    public double? Ratio { get; init; }

    public double P50Millis { get; init; }

    public double P95Millis { get; init; }

    public double P99Millis { get; init; }

    public double CpuSeconds { get; init; }

    public long PeakMemoryBytes { get; init; }

    public long AllocatedBytesPerWorkflow { get; init; }

    public long BytesWritten { get; init; }

    /// <summary>Processor time of the database's server; null where there is none, or none that can be seen.</summary>
    public double? ServerCpuMicrosPerWorkflow { get; init; }

    public double? ServerCpuMicrosPerStep { get; init; }

    /// <summary>Bytes of the server's write-ahead log.</summary>
    public double? LogBytesPerWorkflow { get; init; }

    public double? LogBytesPerStep { get; init; }

    /// <summary>Transactions of the server that wrote.</summary>
    public long? Commits { get; init; }

    /// <summary>Row versions that wait to be cleaned up when the work is done.</summary>
    public long? DeadTuples { get; init; }

    /// <summary>What else this workload shows, in words.</summary>
    public string Remark { get; init; } = "";

    public Measurement With(Latencies latencies) => this with
    {
        P50Millis = latencies.Percentile(0.50),
        P95Millis = latencies.Percentile(0.95),
        P99Millis = latencies.Percentile(0.99),
    };
}
