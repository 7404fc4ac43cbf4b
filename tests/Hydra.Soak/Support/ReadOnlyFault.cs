using System.ComponentModel;
using System.Globalization;

namespace Hydra.Soak.Support;

/// <summary>
/// Lets this process find a database read-only that it has open: every write fails as on a file system that the kernel
/// has turned read-only after an error.
/// </summary>
/// <remarks>
/// A remount does not do: the kernel refuses it while a file is open for writing. So strace makes the system calls of
/// this process fail, for the files of the database alone.
/// </remarks>
internal sealed class ReadOnlyFault : IAsyncDisposable
{
    private const string Calls = "pwrite64,write,ftruncate";

    private readonly ProgramProcess _strace;

    private ReadOnlyFault(ProgramProcess strace) => _strace = strace;

    /// <summary>Begins it; skips the test where there is no strace, or where it may not.</summary>
    public static async Task<ReadOnlyFault> BeginAsync(string database)
    {
        ProgramProcess? strace = null;
        try
        {
            var id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            strace = ProgramProcess.Start(
                "strace",
                Path.GetDirectoryName(database)!,
                [
                    "-f", "-qq", "-o", "/dev/null", "-p", id, "-P", database, "-P", $"{database}-wal",
                    "-e", $"trace={Calls}", "-e", $"inject={Calls}:error=EROFS",
                ]);
        }
        catch (Win32Exception)
        {
            Assert.Skip("There is no strace here to make writes fail.");
        }

        await Eventually.HoldsAsync("strace has attached or given up", () => strace.HasExited || IsTraced());
        if (strace.HasExited)
        {
            Assert.Skip($"strace may not trace this process: {strace.Error}");
        }

        return new ReadOnlyFault(strace);
    }

    public async ValueTask DisposeAsync()
    {
        _strace.Signal(UnixSignal.Interrupt); // It detaches from everything it traces.
        await _strace.ExitAsync();
        await _strace.DisposeAsync();
    }

    private static bool IsTraced() =>
        File.ReadLines("/proc/self/status").Any(line => line.StartsWith("TracerPid:", StringComparison.Ordinal)
            && !line.EndsWith("\t0", StringComparison.Ordinal));
}
