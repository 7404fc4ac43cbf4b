using System.Runtime.InteropServices;
using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>Tells whether an open database is still the file that its path names.</summary>
/// <remarks>
/// Unix lets a file be replaced or removed while it is open, and SQLite would go on writing to what nobody will ever
/// find again. It can be asked (SQLITE_FCNTL_HAS_MOVED, which compares the inodes), but not over SQLitePCLRaw. Where
/// that call is not to be had, as on Windows, where open files stay in place anyway, only a missing file is noticed.
/// </remarks>
internal static class FileIdentity
{
    private const int HasMovedCode = 20;

    private static volatile bool _cannotAsk;

    /// <summary>Whether the path now names another file, or none; null where SQLite cannot tell.</summary>
    public static bool? HasMoved(sqlite3 handle)
    {
        if (_cannotAsk)
        {
            return null;
        }

        try
        {
            return FileControl(handle.DangerousGetHandle(), IntPtr.Zero, HasMovedCode, out var moved) == raw.SQLITE_OK
                ? moved != 0
                : null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            _cannotAsk = true; // The application brings a SQLite of another name.
            return null;
        }
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CallingConvention = CallingConvention.Cdecl)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int FileControl(IntPtr database, IntPtr name, int operation, out int answer);
}
