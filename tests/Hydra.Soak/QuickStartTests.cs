using System.Text.RegularExpressions;
using Hydra.Soak.Deploying;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>
/// The quick start of README.md, word for word, from packages, in an empty folder of a user who has nothing else.
/// </summary>
public partial class QuickStartTests : SceneTest
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    private string Folder => Path.Combine(Scene.Root, "Onboarding");

    [Fact]
    public async Task It_works_word_for_word_and_goes_on_after_a_kill()
    {
        var blocks = Blocks();
        var commands = Of("bash", blocks);
        Assert.Equal("dotnet run\n", commands[^1]);
        await BashAsync(Yaml.Root, Packed(commands[0]), withinSeconds: Full ? 900 : 60); // It compiles everything.
        await BashAsync(Scene.Root, commands[1]);
        await File.WriteAllTextAsync(
            Path.Combine(Folder, "Program.cs"),
            string.Join('\n', Of("csharp", blocks)),
            Cancellation);
        await BashAsync(Folder, "dotnet build --verbosity quiet");

        // Killed is the program itself, since `dotnet run` is a process around it.
        var program = Path.Combine(Folder, "bin", "Debug", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')));
        var killed = Scene.Keep(ProgramProcess.Start(Path.Combine(program, "Onboarding"), Folder, []));
        await Eventually.HoldsAsync("It sends a mail", () => killed.HasExited || killed.Output.Contains("Welcome!"));
        Scene.Url = $"sqlite://{Path.Combine(Folder, "hydra.db")}";
        await Eventually.HoldsAsync("It sleeps", IsSleepingAsync);
        killed.Kill();
        await killed.ExitAsync();
        var next = await BashAsync(Folder, commands[^1]);
        var last = await BashAsync(Folder, commands[^1]);

        Assert.Equal("To john@example.com: Welcome!\n", killed.Output);
        const string Result = "OnboardingResult { WelcomeMessageId = msg-8, FollowUpMessageId = msg-15 }\n";
        Assert.Equal("To john@example.com: Getting started\n" + Result, next.Output);
        Assert.Equal(Result, last.Output);
        if (Full)
        {
            await InstallToolAsync();
        }
    }

    /// <summary>The command line from its package, on the file of the quick start.</summary>
    private async Task InstallToolAsync()
    {
        var commands = CommandLine().Match(Readme()).Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("dotnet tool install --global Hydra.Cli", commands[0]);
        var tools = Path.Combine(Scene.Root, "tools"); // And not among those of the user.
        var packages = Path.Combine(Scene.Root, "packages");
        await BashAsync(Folder, commands[0].Replace(
            "--global", $"--tool-path {tools} --source {packages}", StringComparison.Ordinal));
        var list = await BashAsync(Folder, $"PATH={tools}:$PATH\n{commands[1]} --json");

        Assert.StartsWith("hydra list ", commands[1], StringComparison.Ordinal);
        Assert.Contains("\"completed\"", list.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex("^## Command line\n```\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CommandLine();

    private static string Readme() =>
        File.ReadAllText(Path.Combine(Yaml.Root, "README.md")).ReplaceLineEndings("\n");

    [GeneratedRegex("^```(bash|csharp)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    private static List<string> Of(string language, IEnumerable<(string Language, string Text)> blocks) =>
        [.. blocks.Where(block => block.Language == language).Select(static block => block.Text)];

    /// <summary>The blocks of the section, in their order.</summary>
    private static List<(string Language, string Text)> Blocks()
    {
        var readme = Readme();
        var begin = readme.IndexOf("## Quick start\n", StringComparison.Ordinal);
        var section = readme[begin..readme.IndexOf("\n## ", begin + 1, StringComparison.Ordinal)];
        return [.. Block().Matches(section).Select(static block => (block.Groups[1].Value, block.Groups[2].Value))];
    }

    /// <summary>The packages go into the scene; a short run takes what is built and needed.</summary>
    private string Packed(string commands)
    {
        const string Everything = "dotnet pack Hydra.slnx --configuration Release --output packages";
        Assert.Contains(Everything + "\n", commands, StringComparison.Ordinal);
        var packages = Path.Combine(Scene.Root, "packages");
        string[] needed = ["Hydra", "Hydra.Relational", "Hydra.Sqlite"];
        var pack = Full
            ? Everything
            : string.Join('\n', needed.Select(static project =>
                $"dotnet pack src/{project}/{project}.csproj --no-build --configuration Release --output packages"));
        return commands.Replace(Everything, pack, StringComparison.Ordinal)
            .Replace("--output packages", $"--output {packages}", StringComparison.Ordinal)
            .Replace("$PWD/packages", packages, StringComparison.Ordinal);
    }

    private async Task<bool> IsSleepingAsync()
    {
        var client = await Scene.OpenClientAsync();
        return await client.ListAsync(cancellationToken: Cancellation) is [{ State: ExecutionState.Sleeping }];
    }

    /// <remarks>
    /// What NuGet has on this machine already is read from there; what is new goes into the scene, so that a package of
    /// ours is never that of another run.
    /// </remarks>
    private async Task<ProgramResult> BashAsync(string folder, string commands, double withinSeconds = 60)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var known = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(home, ".nuget", "packages");
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = Scene.Root,
            ["DOTNET_CLI_HOME"] = Scene.Root,
            ["NUGET_PACKAGES"] = folder == Yaml.Root ? known : Path.Combine(Scene.Root, "cache"),
            ["RestoreFallbackFolders"] = known,
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
            ["MSBUILDDISABLENODEREUSE"] = "1", // Nothing stays that would hold the output open.
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["UseSharedCompilation"] = "false",
        };
        var result = await ProgramProcess.RunAsync(
            "bash", folder, ["-euc", commands], environment, withinSeconds: withinSeconds);
        Assert.True(result.Code == 0, commands + result.Output + result.Error);
        return result;
    }
}
