namespace Hydra.Soak.Chaos;

/// <summary>A fault that has hit a worker.</summary>
/// <param name="Fault">What happened.</param>
/// <param name="Worker">The name of its process, which no other had.</param>
/// <param name="At">When it was over with, as a timestamp of the stopwatch.</param>
internal sealed record Incident(Fault Fault, string Worker, long At)
{
    /// <summary>When a stopped process was continued; 0 before that, and for ever when it was killed.</summary>
    public long ContinuedAt { get; set; }
}
