using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Engine.Pruning;

/// <summary>Folders on the disk.</summary>
internal static class Folders
{
    private const int ReadOnly = 0; // On every Unix.
    private const int Denied = 13; // On every Unix, too.
    private const int Forbidden = 1; // The same, by what locks a process in.

    /// <summary>
    /// Brings the names in a folder to the disk: on Unix a file that is flushed may still be gone after a power cut, if
    /// its folder is not. One that this process may not read is left to the system, as all are on Windows.
    /// </summary>
    /// <exception cref="IOException">It is not there, or the disk has failed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = new SafeFileHandle(open(folder, ReadOnly), ownsHandle: true); // File.OpenHandle opens none.
        var error = Marshal.GetLastPInvokeError();
        if (!handle.IsInvalid)
        {
            RandomAccess.FlushToDisk(handle); // Says nothing where the file system has no such thing.
        }
        else if (error is not (Denied or Forbidden))
        {
            throw new IOException($"The folder {folder} cannot be flushed: {new Win32Exception(error).Message}.");
        }
    }

    [DllImport("libc", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
