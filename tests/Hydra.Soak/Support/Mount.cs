using System.Diagnostics;

namespace Hydra.Soak.Support;

/// <summary>A small file system in memory, which fills up.</summary>
internal sealed class Mount : IDisposable
{
    private Mount(string path) => Path = path;

    public string Path { get; }

    /// <summary>Mounts it in a long run; skips the test otherwise, and where this user may not mount.</summary>
    public static Mount Create(string root, int megabytes)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("HYDRA_FULL") == "1",
            "It mounts file systems: ./test.sh --full runs it.");
        var path = Directory.CreateDirectory(System.IO.Path.Combine(root, "disk")).FullName;
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "hydra-tests", path),
            "This user may not mount a file system here.");
        return new Mount(path);
    }

    public void Dispose() => Run("umount", "--lazy", Path);

    private static bool Run(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
