using System.Runtime.InteropServices;
using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The sample that can be compiled ahead of time.</summary>
public class NativeSampleTests : SceneTest
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    [Fact]
    public Task It_needs_no_reflection_for_its_json() => RunAsync(Programs.Native, Scene.Url);

    [Fact]
    public async Task Compiled_ahead_of_time_without_a_warning_it_runs_on_every_database()
    {
        Assert.SkipUnless(Full, "It takes the native compiler: ./test.sh --full runs it.");
        var program = await PublishAsync();

        await RunAsync(program, Scene.Url);
        await RunAsync(program, Scene.Keep(new PostgreSqlSoakServer()).Url);
        await RunAsync(program, Scene.Keep(new MySqlSoakServer()).Url);
    }

    private async Task RunAsync(string program, string url)
    {
        var result = await ProgramProcess.RunAsync(program, Scene.Root, [url]);

        Assert.True(result.Code == 0, result.Error);
        Assert.Contains(": 47.30 for 3 items.", result.Output, StringComparison.Ordinal);
    }

    private async Task<string> PublishAsync()
    {
        var output = Path.Combine(Scene.Root, "native");
        var clang = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Any(static folder => File.Exists(Path.Combine(folder, "clang")));
        await using var publish = ProgramProcess.Start(
            "dotnet",
            Scene.Root,
            [
                "publish", Programs.NativeSource, "--runtime", RuntimeInformation.RuntimeIdentifier, "--output", output,
                "--artifacts-path", Path.Combine(Scene.Root, "artifacts"), "-p:PublishAot=true",
                "-p:TreatWarningsAsErrors=true", "-p:TrimmerSingleWarn=false", "-p:ILLinkTreatWarningsAsErrors=true",
                "-nodeReuse:false", "-p:UseSharedCompilation=false", // Nothing stays that would hold the output open.
                .. clang ? [] : (string[])["-p:CppCompilerAndLinker=gcc"],
            ]);
        Assert.True(await publish.ExitAsync(withinSeconds: 900) == 0, publish.Output + publish.Error);
        return Path.Combine(output, "Native");
    }
}
