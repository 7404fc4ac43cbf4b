using System.Diagnostics;
using System.Globalization;

namespace Hydra.Bench;

/// <summary>What the operating system says of this process.</summary>
internal static class Machine
{
    /// <summary>Bytes that this process has handed to the file system, or 0 where nobody counts.</summary>
    public static long BytesWritten()
    {
        const string Io = "/proc/self/io";
        if (!File.Exists(Io))
        {
            return 0;
        }

        var line = File.ReadLines(Io).FirstOrDefault(text => text.StartsWith("wchar:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line["wchar:".Length..], CultureInfo.InvariantCulture);
    }

    public static double CpuSeconds()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }

    public static long PeakMemoryBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
