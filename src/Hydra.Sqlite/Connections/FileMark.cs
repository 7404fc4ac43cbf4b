using System.Runtime.InteropServices;

namespace Hydra.Sqlite.Connections;

/// <summary>Which file a path names: its device and inode; the default when it names none.</summary>
/// <remarks>
/// A path is looked at and never opened: closing any descriptor of a file that SQLite has open would drop the locks
/// that this process holds on it. Linux alone is asked for the inode (statx, whose layout is the same on every
/// processor). Elsewhere on Unix only a missing file is noticed, and on Windows open files stay in place anyway.
/// </remarks>
internal readonly record struct FileMark(ulong Device, ulong Inode)
{
    private const int CurrentDirectory = -100; // AT_FDCWD.
    private const uint InodeAlone = 0x100; // STATX_INO.
    private const int NoSuchFile = 2; // ENOENT.

    private static volatile bool _cannotAsk = !OperatingSystem.IsLinux();

    /// <returns>Null when that cannot be told.</returns>
    public static FileMark? Of(string path)
    {
        if (!_cannotAsk)
        {
            try
            {
                return Ask(path);
            }
            catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
            {
                _cannotAsk = true; // An old C library.
            }
        }

        return OperatingSystem.IsWindows() ? null : File.Exists(path) ? new FileMark(0, 1) : default(FileMark);
    }

    private static FileMark? Ask(string path)
    {
        if (statx(CurrentDirectory, path, 0, InodeAlone, out var found) == 0)
        {
            return new FileMark(((ulong)found.DeviceMajor << 32) | found.DeviceMinor, found.Inode);
        }

        return Marshal.GetLastPInvokeError() == NoSuchFile ? default(FileMark) : null;
    }

    [DllImport("libc", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(
        int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out Answer answer);

    /// <summary>What of the kernel's struct statx is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct Answer
    {
        [FieldOffset(32)]
        public readonly ulong Inode;

        [FieldOffset(136)]
        public readonly uint DeviceMajor;

        [FieldOffset(140)]
        public readonly uint DeviceMinor;
    }
}
