using System.Diagnostics;

namespace Hydra.Stores.Tests;

/// <summary>A file system of 4 MiB in memory, which fills up and can be made read-only.</summary>
internal sealed class TemporaryMount : IDisposable
{
    private readonly string _path;

    private TemporaryMount(string path) => _path = path;

    /// <summary>Mounts it in a long run; skips the test otherwise, and where this user may not mount.</summary>
    public static TemporaryMount Create(string path)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("HYDRA_FULL") == "1",
            "It mounts file systems: ./test.sh --full runs it.");
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=4m", "hydra-tests", path),
            "This user may not mount a file system here.");
        return new TemporaryMount(path);
    }

    public void MakeReadOnly() => Assert.True(Run("mount", "-o", "remount,ro", _path));

    public void MakeWritable() => Assert.True(Run("mount", "-o", "remount,rw", _path));

    public void Dispose() => Run("umount", "--lazy", _path);

    private static bool Run(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
