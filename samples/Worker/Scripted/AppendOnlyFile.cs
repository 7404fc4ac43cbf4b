using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Worker.Scripted;

/// <summary>Appends whole lines to a file that other processes append to as well.</summary>
/// <remarks>
/// FileMode.Append only seeks to the end when it opens, and two processes then write over each other. O_APPEND makes
/// the kernel find the end within each write.
/// </remarks>
internal static class AppendOnlyFile
{
    private const int WriteOnly = 1;

    public static void Append(string path, byte[] line)
    {
        if (OperatingSystem.IsWindows())
        {
            using var locked = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            locked.Write(line);
            return;
        }

        using var file = Open(path);
        RandomAccess.Write(file, line, fileOffset: 0); // The offset is ignored under O_APPEND.
    }

    private static SafeFileHandle Open(string path)
    {
        if (!File.Exists(path))
        {
            File.Open(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite).Dispose();
        }

        var (append, closeOnExec) = OperatingSystem.IsMacOS() ? (0x8, 0x1000000) : (0x400, 0x80000);
        var file = open([.. Encoding.UTF8.GetBytes(path), 0], WriteOnly | append | closeOnExec);
        return file >= 0
            ? new SafeFileHandle(file, ownsHandle: true)
            : throw new IOException($"{path} cannot be opened to append: {new Win32Exception().Message}");
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open(byte[] path, int flags);
}
