using System.Diagnostics;

namespace Hydra.Stores.Tests;

/// <summary>A file system of 4 MiB in memory, which fills up and can be made read-only.</summary>
internal sealed class TemporaryMount : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _path;

    private TemporaryMount(string path) => _path = path;

    /// <summary>Mounts it; skips the test where this user may not.</summary>
    public static TemporaryMount Create(string path)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=4m", "hydra-tests", path),
            "This user may not mount a file system here.");
        return new TemporaryMount(path);
    }

    public void MakeReadOnly() => Assert.True(Run("mount", "-o", "remount,ro", _path));

    public void MakeWritable() => Assert.True(Run("mount", "-o", "remount,rw", _path));

    /// <summary>Lazily, so that a file which a failed test has left open does not keep it.</summary>
    public void Dispose() => Run("umount", "--lazy", _path);

    private static bool Run(string command, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(command, arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true, // What it complains of is no news; it fits the pipe without being read.
            },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception) // There is no such command.
        {
            return false;
        }

        Assert.True(process.WaitForExit(Patience), $"{command} {string.Join(' ', arguments)} does not end.");
        return process.ExitCode == 0;
    }
}
