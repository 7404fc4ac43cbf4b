using System.Globalization;

namespace Hydra.Bench;

/// <summary>
/// What this process and the database's server have used since a moment: processor, bytes written, allocations.
/// </summary>
internal sealed class Usage(BenchStore store)
{
    private readonly double _cpu = Machine.CpuSeconds();
    private readonly long _written = Machine.BytesWritten();
    private readonly long _allocated = GC.GetTotalAllocatedBytes();
    private readonly ServerCounters? _server = store.ReadServer();

    /// <summary>Writes what has been used until now into a measurement.</summary>
    /// <param name="measurement">Where to.</param>
    /// <param name="executions">Over how many executions it is spread.</param>
    /// <param name="steps">How many steps each has.</param>
    public Measurement In(Measurement measurement, int executions, int steps = 1) =>
        InServer(measurement, executions, steps) with
        {
            CpuSeconds = Machine.CpuSeconds() - _cpu,
            BytesWritten = Machine.BytesWritten() - _written,
            AllocatedBytesPerWorkflow = (GC.GetTotalAllocatedBytes() - _allocated) / executions,
            PeakMemoryBytes = Machine.PeakMemoryBytes(),
        };

    /// <summary>Writes what the server has used, where this process is not the only one at work.</summary>
    public Measurement InServer(Measurement measurement, int executions, int steps = 1)
    {
        if (_server is null || store.ReadServer() is not { } now)
        {
            return measurement;
        }

        var micros = (now.CpuSeconds - _server.CpuSeconds) * 1e6 / executions;
        var log = (now.LogBytes - _server.LogBytes) / (double)executions;
        var commits = now.Commits - _server.Commits;
        return measurement with
        {
            ServerCpuMicrosPerWorkflow = micros,
            ServerCpuMicrosPerStep = micros / steps,
            LogBytesPerWorkflow = log,
            LogBytesPerStep = log / steps,
            Commits = commits,
            DeadTuples = now.DeadTuples,
            Remark = string.Create(
                CultureInfo.InvariantCulture,
                $"{measurement.Remark}{(measurement.Remark == "" ? "" : "; ")}server {micros:N0} us and {log:N0} B of "
                + $"log a workflow, {commits:N0} commits, {now.DeadTuples:N0} dead rows"),
        };
    }
}
