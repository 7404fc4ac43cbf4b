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

    /// <summary>
    /// Processor time of a program's parent and all of its children, those that have ended included; null where the
    /// process is not here or is another program.
    /// </summary>
    /// <param name="child">The id of one of the children.</param>
    /// <param name="program">The name of their program.</param>
    public static double? CpuSecondsOfFamily(int child, string program)
    {
        if (ReadStatus(child) is not { } one || one.Program != program || ReadStatus(one.Parent) is not { } parent)
        {
            return null;
        }

        var ticks = parent.Ticks + parent.TicksOfEnded;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)
                && ReadStatus(id) is { } process && process.Parent == one.Parent)
            {
                ticks += process.Ticks + process.TicksOfEnded;
            }
        }

        return ticks / 100.0; // Linux counts in hundredths for programs, whatever it does inside.
    }

    /// <remarks>See proc(5): what follows the name in parentheses begins with the third field.</remarks>
    private static (string Program, int Parent, long Ticks, long TicksOfEnded)? ReadStatus(int process)
    {
        try
        {
            var line = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            var (open, close) = (line.IndexOf('(', StringComparison.Ordinal), line.LastIndexOf(')'));
            var fields = line[(close + 2)..].Split(' ');
            return (line[(open + 1)..close], (int)Field(1), Field(11) + Field(12), Field(13) + Field(14));

            long Field(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
        }
        catch (IOException) // It has ended meanwhile.
        {
            return null;
        }
    }

    public static long PeakMemoryBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
