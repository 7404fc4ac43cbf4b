using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The script that runs the benchmark, with something in the benchmark's place that has a server.</summary>
public sealed class BenchScriptTests : IDisposable
{
    /// <summary>Stands for dotnet: it builds nothing, and "runs" until it is told to end or to go on.</summary>
    private const string Benchmark = """
        #!/bin/bash
        [[ $1 == build ]] && exit 0
        sleep infinity >/dev/null 2>&1 & # The server.
        folder=$TMPDIR/hydra-bench-mysql-$$
        mkdir "$folder"
        echo $! >"$folder/pid"
        echo "server $!"
        [[ $2 == --only ]] && { kill $!; rm -r "$folder"; exit 7; }
        exec sleep infinity >/dev/null 2>&1
        """;

    private static readonly string Sources = Path.GetFullPath(Path.Combine(Programs.NativeSource, "..", ".."));

    private readonly string _folder = Directory.CreateTempSubdirectory("hydra-bench-script-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Terminate", 143)]
    [InlineData("Interrupt", 130)]
    public async Task What_is_interrupted_leaves_no_server(string signal, int code)
    {
        await using var script = Start();
        var server = await Eventually.SeeAsync("The server", () => Task.FromResult(ServerOf(script.Output)));

        script.Signal(Enum.Parse<UnixSignal>(signal));

        Assert.Equal(code, await script.ExitAsync());
        Assert.False(Directory.Exists($"/proc/{server}"), "The server still runs.");
        Assert.Empty(Directory.GetDirectories(_folder));
    }

    [Fact]
    public async Task What_ends_by_itself_tells_how()
    {
        await using var script = Start("--only", "W1");

        Assert.Equal(7, await script.ExitAsync());
    }

    private static string? ServerOf(string output) =>
        output.Split((char[])[' ', '\n']) is ["server", { Length: > 0 } id, ..] ? id : null;

    private ProgramProcess Start(params string[] arguments)
    {
        var dotnet = Path.Combine(_folder, "dotnet");
        File.WriteAllText(dotnet, Benchmark);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return ProgramProcess.Start("bash", Sources, ["bench/run.sh", .. arguments], new Dictionary<string, string>
        {
            ["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}",
            ["TMPDIR"] = _folder,
        });
    }
}
