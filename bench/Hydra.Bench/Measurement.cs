using System.Text.Json.Serialization;

namespace Hydra.Bench;

/// <summary>One line of a benchmark's answer; durations in milliseconds, sizes in bytes.</summary>
internal sealed record Measurement
{
    public required string Workload { get; init; }

    public required string Store { get; init; }

    public int Concurrency { get; init; }

    /// <summary>Workflows a second, or steps where the workload counts steps.</summary>
    public double PerSecond { get; init; }

    /// <summary>Bare batched inserts a second into the same database in the same run.</summary>
    public double? LimitPerSecond { get; init; }

    /// <summary>What part of the bare inserts the engine's own writes a second are.</summary>
    public double? Ratio { get; init; }

    public double P50Millis { get; init; }

    public double P95Millis { get; init; }

    public double P99Millis { get; init; }

    public double CpuSeconds { get; init; }

    public long PeakMemoryBytes { get; init; }

    public long AllocatedBytesPerWorkflow { get; init; }

    public long BytesWritten { get; init; }

    [JsonIgnore]
    public string Unit { get; init; } = "workflows/s";
}
