namespace Hydra.AspNetCore.Metrics;

/// <summary>The types of metrics that Prometheus knows and we have.</summary>
internal enum MetricKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts values by how large they are.</summary>
    Histogram,
}
