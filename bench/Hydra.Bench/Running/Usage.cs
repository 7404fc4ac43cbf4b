namespace Hydra.Bench;

/// <summary>What this process has used since a moment: processor, bytes written, allocations.</summary>
internal sealed class Usage
{
    private readonly double _cpu = Machine.CpuSeconds();
    private readonly long _written = Machine.BytesWritten();
    private readonly long _allocated = GC.GetTotalAllocatedBytes();

    /// <summary>Writes what has been used until now into a measurement.</summary>
    /// <param name="measurement">Where to.</param>
    /// <param name="executions">Over how many executions the allocations are spread.</param>
    public Measurement In(Measurement measurement, int executions) => measurement with
    {
        CpuSeconds = Machine.CpuSeconds() - _cpu,
        BytesWritten = Machine.BytesWritten() - _written,
        AllocatedBytesPerWorkflow = (GC.GetTotalAllocatedBytes() - _allocated) / executions,
        PeakMemoryBytes = Machine.PeakMemoryBytes(),
    };
}
